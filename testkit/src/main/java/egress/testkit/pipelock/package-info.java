/** pipelock for tests: the real one, and one that answers from recordings. */
@NullMarked
package egress.testkit.pipelock;

import org.jspecify.annotations.NullMarked;
