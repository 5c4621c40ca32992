@NullMarked
package egress.server.ask;

import org.jspecify.annotations.NullMarked;
