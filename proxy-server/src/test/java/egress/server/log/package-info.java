@NullMarked
package egress.server.log;

import org.jspecify.annotations.NullMarked;
