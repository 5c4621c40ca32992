@NullMarked
package egress.server.dlp.judge;

import org.jspecify.annotations.NullMarked;
