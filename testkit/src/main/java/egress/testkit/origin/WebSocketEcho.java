package egress.testkit.origin;

import egress.testkit.wire.HttpSyntaxException;
import egress.testkit.wire.WebSocketFrame;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * The WebSocket of an {@link Origin}: every frame comes back as it is, reserved bits and fragmentation included, but unmasked; a ping
 * gets its pong, a close its close. {@code ?early=TEXT} sends a text frame in the packet of the 101; {@code ?close=CODE} closes at
 * once. permessage-deflate is agreed to without context takeover, so that an echoed payload can be inflated by itself.
 */
final class WebSocketEcho {
    private static final String GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    private WebSocketEcho() {}

    static void serve(OriginExchange exchange) throws IOException {
        RecordedRequest request = exchange.request();
        boolean asked = request.values("upgrade").stream().anyMatch("websocket"::equalsIgnoreCase);
        String key = request.value("sec-websocket-key").orElse("");
        if (!asked
                || key.isEmpty()
                || !request.value("sec-websocket-version").orElse("").equals("13")) {
            exchange.respond(426, "upgrade to websocket\n", "upgrade", "websocket", "sec-websocket-version", "13");
            return;
        }
        String early = exchange.parameter("early", "");
        byte[] first = early.isEmpty()
                ? new byte[0]
                : WebSocketFrame.text(early).unmasked().bytes();
        OriginExchange.Upgraded upgraded = exchange.upgrade(first, answer(request, key));
        int close = exchange.parameter("close", 0);
        if (close != 0) {
            upgraded.out().write(WebSocketFrame.close(close).unmasked().bytes());
        }
        echo(upgraded, close != 0);
    }

    private static String[] answer(RecordedRequest request, String key) {
        List<String> fields = new ArrayList<>(
                List.of("upgrade", "websocket", "connection", "Upgrade", "sec-websocket-accept", accept(key)));
        if (request.values("sec-websocket-extensions").stream().anyMatch(v -> v.contains("permessage-deflate"))) {
            fields.add("sec-websocket-extensions");
            fields.add("permessage-deflate; server_no_context_takeover; client_no_context_takeover");
        }
        request.value("sec-websocket-protocol").ifPresent(protocols -> {
            fields.add("sec-websocket-protocol");
            fields.add(protocols.split(",", 2)[0].strip());
        });
        return fields.toArray(String[]::new);
    }

    private static void echo(OriginExchange.Upgraded upgraded, boolean closeSent) throws IOException {
        while (true) {
            WebSocketFrame frame = WebSocketFrame.read(upgraded.in());
            if (!frame.masked()) {
                throw new HttpSyntaxException("an unmasked frame from a client");
            }
            switch (frame.opcode()) {
                case WebSocketFrame.CLOSE -> {
                    if (!closeSent) {
                        upgraded.out().write(frame.unmasked().bytes());
                    }
                    return;
                }
                case WebSocketFrame.PING ->
                    upgraded.out()
                            .write(new WebSocketFrame(true, 0, WebSocketFrame.PONG, false, frame.payload()).bytes());
                case WebSocketFrame.PONG -> {}
                default -> upgraded.out().write(frame.unmasked().bytes());
            }
        }
    }

    /** The field value that answers a key (RFC 6455 §4.2.2). */
    static String accept(String key) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-1").digest((key + GUID).getBytes(StandardCharsets.ISO_8859_1));
            return Base64.getEncoder().encodeToString(ByteBuffer.wrap(hash).array());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
