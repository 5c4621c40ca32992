@NullMarked
package egress.dlp.builtin.strength;

import org.jspecify.annotations.NullMarked;
