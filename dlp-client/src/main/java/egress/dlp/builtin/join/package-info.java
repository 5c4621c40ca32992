/** Puts together what a structure parts: JSON values, form fields, multipart parts, markup. */
@NullMarked
package egress.dlp.builtin.join;

import org.jspecify.annotations.NullMarked;
