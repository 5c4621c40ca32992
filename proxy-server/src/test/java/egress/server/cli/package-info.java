@NullMarked
package egress.server.cli;

import org.jspecify.annotations.NullMarked;
