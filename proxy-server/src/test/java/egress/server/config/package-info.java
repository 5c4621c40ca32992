@NullMarked
package egress.server.config;

import org.jspecify.annotations.NullMarked;
