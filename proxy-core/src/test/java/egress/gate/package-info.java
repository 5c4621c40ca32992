/** The gate from its listener to its upstreams, on real sockets. */
@NullMarked
package egress.gate;

import org.jspecify.annotations.NullMarked;
