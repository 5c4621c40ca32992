/** How many bits of a known secret are unguessable. */
@NullMarked
package egress.dlp.builtin.strength;

import org.jspecify.annotations.NullMarked;
