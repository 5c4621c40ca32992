@NullMarked
package egress.server.flight;

import org.jspecify.annotations.NullMarked;
