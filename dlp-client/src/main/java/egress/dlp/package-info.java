/** The port that judges what leaves: what a scan is asked ({@link egress.dlp.ScanRequest}) and what it answers ({@link egress.dlp.ScanVerdict}). */
@NullMarked
package egress.dlp;

import org.jspecify.annotations.NullMarked;
