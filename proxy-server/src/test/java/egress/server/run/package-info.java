@NullMarked
package egress.server.run;

import org.jspecify.annotations.NullMarked;
