/** What the tests of the program make of the relay's own types. */
@NullMarked
package egress.exchange;

import org.jspecify.annotations.NullMarked;
