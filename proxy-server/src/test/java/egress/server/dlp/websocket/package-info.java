@NullMarked
package egress.server.dlp.websocket;

import org.jspecify.annotations.NullMarked;
