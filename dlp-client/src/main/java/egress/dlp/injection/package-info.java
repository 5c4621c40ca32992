/** Looks for text that tries to steer the agent that reads it. */
@NullMarked
package egress.dlp.injection;

import org.jspecify.annotations.NullMarked;
