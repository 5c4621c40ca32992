/** How many bits of a known secret nobody can guess. */
@NullMarked
package egress.dlp.builtin.strength;

import org.jspecify.annotations.NullMarked;
