/** The scanner that needs nothing but the jar: literals first, small automata where one stood, decoders applied to each other's output. */
@NullMarked
package egress.dlp.builtin;

import org.jspecify.annotations.NullMarked;
