/** What the gate must survive: the abuse list as one class per group, and the scorecard over all of it. */
@NullMarked
package egress.abuse;

import org.jspecify.annotations.NullMarked;
