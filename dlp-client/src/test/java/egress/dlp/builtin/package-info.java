@NullMarked
package egress.dlp.builtin;

import org.jspecify.annotations.NullMarked;
