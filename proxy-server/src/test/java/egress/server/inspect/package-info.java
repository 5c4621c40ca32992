@NullMarked
package egress.server.inspect;

import org.jspecify.annotations.NullMarked;
