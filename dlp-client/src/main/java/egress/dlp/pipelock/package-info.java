/**
 * Asks pipelock, a scanner in a process of its own, for its verdict: {@link egress.dlp.pipelock.PipelockScanner}. Blocking HTTP/1.1
 * on virtual threads, strict in what it takes for an answer; whatever is not a clear "allow" denies.
 */
@NullMarked
package egress.dlp.pipelock;

import org.jspecify.annotations.NullMarked;
