@NullMarked
package egress.server.tls;

import org.jspecify.annotations.NullMarked;
