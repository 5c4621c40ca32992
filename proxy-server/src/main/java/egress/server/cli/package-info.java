/** The command line: commands, options with their types and defaults, help. */
@NullMarked
package egress.server.cli;

import org.jspecify.annotations.NullMarked;
