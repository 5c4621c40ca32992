/** Holds, spools and slices bodies while their verdict is awaited. */
@NullMarked
package egress.server.dlp.body;

import org.jspecify.annotations.NullMarked;
