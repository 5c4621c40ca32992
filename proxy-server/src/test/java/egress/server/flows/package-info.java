@NullMarked
package egress.server.flows;

import org.jspecify.annotations.NullMarked;
