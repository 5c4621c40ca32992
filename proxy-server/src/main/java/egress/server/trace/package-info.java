/**
 * Spans of exchanges, sent by OTLP. Neither this package nor a library of its own is loaded unless OpenTelemetry's variables name an
 * endpoint.
 */
@NullMarked
package egress.server.trace;

import org.jspecify.annotations.NullMarked;
