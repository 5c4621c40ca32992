/** Between the exchange and the scanners: what is held, what is asked, and what an answer means for the request. */
@NullMarked
package egress.server.dlp;

import org.jspecify.annotations.NullMarked;
