@NullMarked
package egress.dlp;

import org.jspecify.annotations.NullMarked;
