@NullMarked
package egress.tunnel;

import org.jspecify.annotations.NullMarked;
