package egress.upstream;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * The settings of resolv.conf(5). The last of {@code search} and {@code domain} holds; unknown keywords are ignored.
 *
 * @param ndots names with fewer dots are tried below the search domains first
 * @param timeoutMillis how long one server is waited for
 * @param attempts how often all of them are asked
 * @param rotate whether the servers take turns
 */
record ResolvConf(
        List<InetSocketAddress> servers,
        List<String> search,
        int ndots,
        int timeoutMillis,
        int attempts,
        boolean rotate) {
    private static final int PORT = 53;
    private static final int MOST_SERVERS = 3;
    /** The system's default of five seconds, twice, would be all the time that a connection has. */
    private static final int TIMEOUT_MILLIS = 2_500;

    private static final int ATTEMPTS = 2;
    private static final InetSocketAddress LOCAL = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), PORT);

    static ResolvConf parse(List<String> lines) {
        List<InetSocketAddress> servers = new ArrayList<>();
        List<String> search = List.of();
        int ndots = 1;
        int timeout = TIMEOUT_MILLIS;
        int attempts = ATTEMPTS;
        boolean rotate = false;
        for (String line : lines) {
            String[] words = line.strip().split("[ \t]+");
            if (words.length < 2) {
                continue;
            }
            switch (words[0]) {
                case "nameserver" -> {
                    InetAddress address = literal(words[1]);
                    if (address != null && servers.size() < MOST_SERVERS) {
                        servers.add(new InetSocketAddress(address, PORT));
                    }
                }
                case "search" -> search = List.copyOf(Arrays.asList(words).subList(1, words.length));
                case "domain" -> search = List.of(words[1]);
                case "options" -> {
                    for (String option : words) {
                        ndots = value(option, "ndots:", 0, 15).orElse(ndots);
                        attempts = value(option, "attempts:", 1, 5).orElse(attempts);
                        OptionalInt seconds = value(option, "timeout:", 1, 30);
                        timeout = seconds.isPresent() ? seconds.getAsInt() * 1_000 : timeout;
                        rotate |= option.equals("rotate");
                    }
                }
                default -> {
                    // a comment, or nothing that concerns names
                }
            }
        }
        return new ResolvConf(servers.isEmpty() ? List.of(LOCAL) : servers, search, ndots, timeout, attempts, rotate);
    }

    /** The same with other servers. */
    ResolvConf withServers(List<InetSocketAddress> others) {
        return new ResolvConf(List.copyOf(others), search, ndots, timeoutMillis, attempts, rotate);
    }

    private static @Nullable InetAddress literal(String text) {
        try {
            return InetAddress.ofLiteral(text);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private static OptionalInt value(String option, String name, int least, int most) {
        if (!option.startsWith(name) || !option.substring(name.length()).matches("[0-9]{1,4}")) {
            return OptionalInt.empty();
        }
        return OptionalInt.of(Math.clamp(Integer.parseInt(option.substring(name.length())), least, most));
    }
}
