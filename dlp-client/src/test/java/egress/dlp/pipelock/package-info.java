@NullMarked
package egress.dlp.pipelock;

import org.jspecify.annotations.NullMarked;
