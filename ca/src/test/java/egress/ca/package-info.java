@NullMarked
package egress.ca;

import org.jspecify.annotations.NullMarked;
