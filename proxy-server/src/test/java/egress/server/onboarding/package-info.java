@NullMarked
package egress.server.onboarding;

import org.jspecify.annotations.NullMarked;
