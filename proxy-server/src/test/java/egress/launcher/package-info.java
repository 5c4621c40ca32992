@NullMarked
package egress.launcher;

import org.jspecify.annotations.NullMarked;
