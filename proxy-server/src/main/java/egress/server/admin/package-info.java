/** The admin listener: liveness, readiness and metrics. */
@NullMarked
package egress.server.admin;

import org.jspecify.annotations.NullMarked;
