@NullMarked
package egress.dlp.builtin.match;

import org.jspecify.annotations.NullMarked;
