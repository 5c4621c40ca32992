@NullMarked
package egress.testkit;

import org.jspecify.annotations.NullMarked;
