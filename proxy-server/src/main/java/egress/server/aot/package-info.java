/** Trains a gate under load, and keeps what the JVM learnt of it as an AOT cache. */
@NullMarked
package egress.server.aot;

import org.jspecify.annotations.NullMarked;
