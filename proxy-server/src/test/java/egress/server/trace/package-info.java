@NullMarked
package egress.server.trace;

import org.jspecify.annotations.NullMarked;
