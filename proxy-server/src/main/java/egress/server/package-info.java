/** The program: reads its settings, builds every part, and runs until a signal stops it. */
@NullMarked
package egress.server;

import org.jspecify.annotations.NullMarked;
