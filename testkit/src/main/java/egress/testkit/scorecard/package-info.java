/** The cases of the abuse list that tests have tried, and what came of each. */
@NullMarked
package egress.testkit.scorecard;

import org.jspecify.annotations.NullMarked;
