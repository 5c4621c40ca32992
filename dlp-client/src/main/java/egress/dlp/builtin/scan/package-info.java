/** One scan in progress: what is read, where it came from, what was found, what may still be spent. */
@NullMarked
package egress.dlp.builtin.scan;

import org.jspecify.annotations.NullMarked;
