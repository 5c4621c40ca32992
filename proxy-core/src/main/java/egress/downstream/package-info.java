@NullMarked
package egress.downstream;

import org.jspecify.annotations.NullMarked;
