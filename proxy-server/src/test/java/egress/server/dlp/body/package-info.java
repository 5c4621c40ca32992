@NullMarked
package egress.server.dlp.body;

import org.jspecify.annotations.NullMarked;
