/**
 * Events for JDK Flight Recorder. Nothing that needs its module is loaded where the module is not, and the events themselves only once
 * there is a recorder.
 */
@NullMarked
package egress.server.flight;

import org.jspecify.annotations.NullMarked;
