/** Meters of exchanges and of the process, for Prometheus. */
@NullMarked
package egress.server.metrics;

import org.jspecify.annotations.NullMarked;
