@NullMarked
package egress.server;

import org.jspecify.annotations.NullMarked;
