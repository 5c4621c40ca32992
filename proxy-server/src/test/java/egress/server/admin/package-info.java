@NullMarked
package egress.server.admin;

import org.jspecify.annotations.NullMarked;
