@NullMarked
package egress.dlp.injection;

import org.jspecify.annotations.NullMarked;
