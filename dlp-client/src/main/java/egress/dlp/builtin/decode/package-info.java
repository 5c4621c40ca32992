/** Decoders of what stands inside text or bytes; each hands what it made to a further scan. */
@NullMarked
package egress.dlp.builtin.decode;

import org.jspecify.annotations.NullMarked;
