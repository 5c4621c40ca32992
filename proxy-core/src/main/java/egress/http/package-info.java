@NullMarked
package egress.http;

import org.jspecify.annotations.NullMarked;
