@NullMarked
package egress.bench;

import org.jspecify.annotations.NullMarked;
