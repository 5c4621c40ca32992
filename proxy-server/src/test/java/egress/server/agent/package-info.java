@NullMarked
package egress.server.agent;

import org.jspecify.annotations.NullMarked;
