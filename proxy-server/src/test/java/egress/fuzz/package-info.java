/** Fuzz targets for Jazzer: each takes any bytes, and throws where a promise is broken. */
@NullMarked
package egress.fuzz;

import org.jspecify.annotations.NullMarked;
