@NullMarked
package egress.dlp.given;

import org.jspecify.annotations.NullMarked;
