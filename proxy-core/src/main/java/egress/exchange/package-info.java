@NullMarked
package egress.exchange;

import org.jspecify.annotations.NullMarked;
