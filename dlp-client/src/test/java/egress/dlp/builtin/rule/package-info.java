@NullMarked
package egress.dlp.builtin.rule;

import org.jspecify.annotations.NullMarked;
