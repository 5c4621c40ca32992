package egress.upstream;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The entries of hosts(5): addresses by name, in lower case; a name may have several. */
final class HostsFile {
    private static final List<InetAddress> LOOPBACK =
            List.of(InetAddress.ofLiteral("::1"), InetAddress.ofLiteral("127.0.0.1"));

    private HostsFile() {}

    static Map<String, List<InetAddress>> parse(List<String> lines) {
        Map<String, List<InetAddress>> names = new HashMap<>();
        for (String line : lines) {
            int comment = line.indexOf('#');
            String[] words =
                    (comment < 0 ? line : line.substring(0, comment)).strip().split("[ \t]+", -1);
            InetAddress address = literal(words[0]);
            if (address != null) {
                for (int i = 1; i < words.length; i++) {
                    names.computeIfAbsent(words[i].toLowerCase(Locale.ROOT), _ -> new ArrayList<>(1))
                            .add(address);
                }
            }
        }
        return names;
    }

    /** Null where the name is not in it; {@code localhost} always is (RFC 6761 §6.3). */
    static @Nullable List<InetAddress> find(Map<String, List<InetAddress>> names, String name) {
        List<InetAddress> found = names.get(name);
        return found == null && (name.equals("localhost") || name.endsWith(".localhost")) ? LOOPBACK : found;
    }

    private static @Nullable InetAddress literal(String text) {
        try {
            return InetAddress.ofLiteral(text);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }
}
