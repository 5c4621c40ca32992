/** Real programs through the gate: each as people run it, none told anything but the proxy and whom to trust. */
@NullMarked
package egress.clients;

import org.jspecify.annotations.NullMarked;
