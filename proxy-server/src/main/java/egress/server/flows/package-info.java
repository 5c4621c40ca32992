/** What is recorded of traffic: flows, their log, its readers, and the filter by which they are searched. */
@NullMarked
package egress.server.flows;

import org.jspecify.annotations.NullMarked;
