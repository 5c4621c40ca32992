/** JSON as the program writes it for people and other programs. */
@NullMarked
package egress.server.json;

import org.jspecify.annotations.NullMarked;
