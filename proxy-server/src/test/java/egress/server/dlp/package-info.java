@NullMarked
package egress.server.dlp;

import org.jspecify.annotations.NullMarked;
