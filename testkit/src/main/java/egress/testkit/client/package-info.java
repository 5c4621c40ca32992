/** Clients for tests, which send any bytes and read strictly. */
@NullMarked
package egress.testkit.client;

import org.jspecify.annotations.NullMarked;
