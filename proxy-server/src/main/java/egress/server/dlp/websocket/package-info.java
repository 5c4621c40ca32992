/** Reads and judges WebSocket messages (RFC 6455, RFC 7692). */
@NullMarked
package egress.server.dlp.websocket;

import org.jspecify.annotations.NullMarked;
