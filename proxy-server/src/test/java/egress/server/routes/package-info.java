@NullMarked
package egress.server.routes;

import org.jspecify.annotations.NullMarked;
