/** What is written for people and log collectors: events, their two formats, masking, the writer thread. */
@NullMarked
package egress.server.log;

import org.jspecify.annotations.NullMarked;
