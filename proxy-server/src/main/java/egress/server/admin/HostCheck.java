package egress.server.admin;

import io.netty.util.NetUtil;
import java.util.Locale;

/**
 * Which Host fields an admin listener answers to. A page in a browser on this machine can have its own name resolve to
 * the listener's address (DNS rebinding), but cannot choose the Host field.
 *
 * @param configured the host that the listener is configured to bind
 * @param anyLiteral whether every IP literal will do: for probes that come by an address the gate cannot know
 */
public record HostCheck(String configured, boolean anyLiteral) {
    public HostCheck {
        configured = configured.toLowerCase(Locale.ROOT);
    }

    /** @param field the field's value, with or without a port */
    boolean accepts(String field) {
        String host = hostOf(field.toLowerCase(Locale.ROOT));
        if (host.equals("localhost") || !host.isEmpty() && host.equals(configured)) {
            return true;
        }
        if (NetUtil.isValidIpV4Address(host)) {
            return anyLiteral || host.startsWith("127.");
        }
        return NetUtil.isValidIpV6Address(host) && (anyLiteral || host.equals("::1"));
    }

    private static String hostOf(String field) {
        if (field.startsWith("[")) {
            int end = field.indexOf(']');
            return end < 0 || end + 1 < field.length() && field.charAt(end + 1) != ':' ? "" : field.substring(1, end);
        }
        int colon = field.indexOf(':');
        return colon < 0 ? field : field.substring(0, colon);
    }
}
