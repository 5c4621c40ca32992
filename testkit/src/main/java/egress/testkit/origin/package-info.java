/** Origins for tests: one that behaves and records, and those that do what no origin may. */
@NullMarked
package egress.testkit.origin;

import org.jspecify.annotations.NullMarked;
