@NullMarked
package egress.dlp.builtin.kind;

import org.jspecify.annotations.NullMarked;
