/** The page on which a person sees what goes through the gate: the store of flows, the page's door, and what it can ask for. */
@NullMarked
package egress.server.inspect;

import org.jspecify.annotations.NullMarked;
