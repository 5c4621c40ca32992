/** Pages and variables that tell a client how to trust this proxy. */
@NullMarked
package egress.server.onboarding;

import org.jspecify.annotations.NullMarked;
