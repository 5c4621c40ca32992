/** A program that runs through the gate: its environment, its files, its process, and the report when it has ended. */
@NullMarked
package egress.server.run;

import org.jspecify.annotations.NullMarked;
