/** Settings of a run as values, whatever they were read from. */
@NullMarked
package egress.server.config;

import org.jspecify.annotations.NullMarked;
