package egress.server.dlp;

import egress.dlp.MessageScanner;
import egress.dlp.Scanner;
import java.util.Optional;

/**
 * Who is asked: the scanner of the jar, an external one, or both, and then a deny by either denies.
 *
 * @param external asked after the built-in one, and only about what that lets pass
 */
record Scanners(Optional<BuiltIn> builtIn, Optional<Scanner> external) {
    /** A scanner of this process: it answers at once, on the thread that asks, and scans what is not held too. */
    record BuiltIn(Scanner requests, MessageScanner.Factory messages) {}
}
