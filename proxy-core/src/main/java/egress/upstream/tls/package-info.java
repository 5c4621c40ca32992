/** Who an origin is: TLS towards it, the roots that are trusted, and the names that its certificate speaks for. */
@NullMarked
package egress.upstream.tls;

import org.jspecify.annotations.NullMarked;
