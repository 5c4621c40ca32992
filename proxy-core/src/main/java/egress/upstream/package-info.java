@NullMarked
package egress.upstream;

import org.jspecify.annotations.NullMarked;
