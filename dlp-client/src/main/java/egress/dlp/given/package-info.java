/** What origins handed to a caller, and what the caller sent to them: memory of both, and the reading of what is handed out. */
@NullMarked
package egress.dlp.given;

import org.jspecify.annotations.NullMarked;
