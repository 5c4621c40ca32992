/** Policy from evidence: what recorded exchanges say of routes files, judged by the gate's own matcher. */
@NullMarked
package egress.server.evidence;

import org.jspecify.annotations.NullMarked;
