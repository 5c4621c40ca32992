/** Values without a keyword of their own, found by their form, their check digits and what stands around them. */
@NullMarked
package egress.dlp.builtin.kind;

import org.jspecify.annotations.NullMarked;
