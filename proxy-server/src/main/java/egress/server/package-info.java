/** The program: reads its settings, builds every part, and runs until it is told to stop. */
@NullMarked
package egress.server;

import org.jspecify.annotations.NullMarked;
