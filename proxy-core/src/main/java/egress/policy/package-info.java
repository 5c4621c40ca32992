@NullMarked
package egress.policy;

import org.jspecify.annotations.NullMarked;
