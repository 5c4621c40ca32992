/** Turns what a scanner found into a verdict on a request or a message. */
@NullMarked
package egress.server.dlp.judge;

import org.jspecify.annotations.NullMarked;
