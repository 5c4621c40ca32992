/** Values that no keyword tells: their form, their check digits and what stands around them do. */
@NullMarked
package egress.dlp.builtin.kind;

import org.jspecify.annotations.NullMarked;
