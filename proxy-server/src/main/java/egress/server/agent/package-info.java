/** What an agent can learn from the gate through the proxy: what it may do, why something was denied, and how to ask. It grants nothing. */
@NullMarked
package egress.server.agent;

import org.jspecify.annotations.NullMarked;
