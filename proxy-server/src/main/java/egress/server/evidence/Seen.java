package egress.server.evidence;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Set;
import java.util.TreeSet;

/** How often, when last and by which clients something was asked for. */
final class Seen {
    private static final int CLIENTS = 3;

    private long count;
    private Instant last = Instant.EPOCH;
    private final Set<String> clients = new TreeSet<>();

    void add(Instant at, String client) {
        count++;
        last = at.isAfter(last) ? at : last;
        clients.add(client);
    }

    void add(Seen other) {
        count += other.count;
        last = other.last.isAfter(last) ? other.last : last;
        clients.addAll(other.clients);
    }

    long count() {
        return count;
    }

    Instant last() {
        return last;
    }

    /** {@code once}, {@code 12 times}. */
    String times() {
        return count == 1 ? "once" : count + " times";
    }

    /** {@code 12 times, last 2026-11-30T04:12:09Z, by pip}. */
    String words() {
        String when = last.truncatedTo(ChronoUnit.SECONDS).toString();
        String more = clients.size() > CLIENTS ? " and " + (clients.size() - CLIENTS) + " more" : "";
        return times() + ", last " + when + ", by "
                + String.join(", ", clients.stream().limit(CLIENTS).toList()) + more;
    }
}
