/** Pages and variables by which a client comes to trust this proxy. */
@NullMarked
package egress.server.onboarding;

import org.jspecify.annotations.NullMarked;
