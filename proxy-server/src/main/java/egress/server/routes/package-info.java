/** The routes file: read, checked, shown. */
@NullMarked
package egress.server.routes;

import org.jspecify.annotations.NullMarked;
