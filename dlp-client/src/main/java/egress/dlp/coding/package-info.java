/** Decoders of content codings that read their coding alone and to the last byte. */
@NullMarked
package egress.dlp.coding;

import org.jspecify.annotations.NullMarked;
