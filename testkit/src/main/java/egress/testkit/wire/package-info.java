/** Messages as they are on the wire, h1, h2 and WebSocket: read strictly, written as they are given. */
@NullMarked
package egress.testkit.wire;

import org.jspecify.annotations.NullMarked;
