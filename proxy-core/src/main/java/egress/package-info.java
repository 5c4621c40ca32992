@NullMarked
package egress;

import org.jspecify.annotations.NullMarked;
