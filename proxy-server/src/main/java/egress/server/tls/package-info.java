/** Leaf certificates and keys for Netty's TLS, minted off the event loops. */
@NullMarked
package egress.server.tls;

import org.jspecify.annotations.NullMarked;
