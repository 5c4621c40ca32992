package egress.upstream;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

/** Where names are looked up: as the machine does, or by asking name servers ourselves. */
public sealed interface NameSource {
    /** The machine's own resolver, with everything it knows: the hosts file, multicast DNS, directories. It blocks. */
    record Machine() implements NameSource {}

    /**
     * The hosts file, then name servers.
     *
     * @param servers empty: those of resolv.conf, with its search domains and options
     */
    record Dns(List<InetSocketAddress> servers) implements NameSource {
        public Dns {
            servers = List.copyOf(servers);
        }
    }

    NameSource SYSTEM = new Machine();

    /**
     * @param text {@code system}, {@code dns} or {@code dns=ADDR[:PORT][+ADDR[:PORT]…]}
     * @throws IllegalArgumentException where it is none of these
     */
    static NameSource parse(String text) {
        if (text.equals("system")) {
            return SYSTEM;
        }
        if (text.equals("dns")) {
            return new Dns(List.of());
        }
        if (!text.startsWith("dns=")) {
            throw expected(text);
        }
        List<InetSocketAddress> servers = new ArrayList<>();
        for (String server : text.substring("dns=".length()).split("\\+", -1)) {
            servers.add(server(server, text));
        }
        return new Dns(servers);
    }

    private static InetSocketAddress server(String server, String text) {
        int colon = server.lastIndexOf(':');
        boolean bare = server.indexOf(':') != colon && !server.startsWith("[") || server.endsWith("]");
        String host = bare || colon < 0 ? server : server.substring(0, colon);
        String port = bare || colon < 0 ? "53" : server.substring(colon + 1);
        InetAddress address = Cidr.literal(host.startsWith("[") ? host.substring(1, host.length() - 1) : host);
        if (address == null || !port.matches("[0-9]{1,5}") || Integer.parseInt(port) > 65_535) {
            throw expected(text);
        }
        return new InetSocketAddress(address, Integer.parseInt(port));
    }

    private static IllegalArgumentException expected(String text) {
        return new IllegalArgumentException("\"" + text + "\" (expected: system, dns, or dns=ADDR[:PORT])");
    }
}
