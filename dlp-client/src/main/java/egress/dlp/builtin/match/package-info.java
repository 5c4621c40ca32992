/** Character classes, literal search and small automata over bytes. */
@NullMarked
package egress.dlp.builtin.match;

import org.jspecify.annotations.NullMarked;
