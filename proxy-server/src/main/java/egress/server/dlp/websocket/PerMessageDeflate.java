package egress.server.dlp.websocket;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.Locale;

/**
 * What was agreed on for compressing messages (RFC 7692).
 *
 * @param isKnown whether everything that was agreed on is understood here
 * @param compresses whether messages may be compressed
 * @param resets whether the agent's compressor begins anew with each message
 */
public record PerMessageDeflate(boolean isKnown, boolean compresses, boolean resets) {
    private static final PerMessageDeflate UNKNOWN = new PerMessageDeflate(false, false, false);

    /** Reads {@code Sec-WebSocket-Extensions} of a 101 (RFC 6455 §9.1). */
    public static PerMessageDeflate agreedIn(HttpHeaders fields) {
        boolean compresses = false;
        boolean resets = false;
        for (String value : fields.getAll(HttpHeaderNames.SEC_WEBSOCKET_EXTENSIONS)) {
            for (String extension : value.split(",", -1)) {
                String[] parts = extension.split(";", -1);
                String name = parts[0].strip();
                if (name.isEmpty() && parts.length == 1) {
                    continue;
                }
                if (compresses || !name.equalsIgnoreCase("permessage-deflate") || !areKnown(parts)) {
                    return UNKNOWN;
                }
                compresses = true;
                resets = has(parts, "client_no_context_takeover");
            }
        }
        return new PerMessageDeflate(true, compresses, resets);
    }

    private static boolean has(String[] parts, String parameter) {
        for (int i = 1; i < parts.length; i++) {
            if (nameOf(parts[i]).equals(parameter)) {
                return true;
            }
        }
        return false;
    }

    /** RFC 7692 §7.1: these four, each at most once. */
    private static boolean areKnown(String[] parts) {
        for (int i = 1; i < parts.length; i++) {
            String name = nameOf(parts[i]);
            boolean known = switch (name) {
                case "client_no_context_takeover",
                        "server_no_context_takeover",
                        "client_max_window_bits",
                        "server_max_window_bits" -> true;
                default -> false;
            };
            for (int j = 1; j < i; j++) {
                known &= !nameOf(parts[j]).equals(name);
            }
            if (!known) {
                return false;
            }
        }
        return true;
    }

    private static String nameOf(String parameter) {
        int equals = parameter.indexOf('=');
        return (equals < 0 ? parameter : parameter.substring(0, equals)).strip().toLowerCase(Locale.ROOT);
    }
}
