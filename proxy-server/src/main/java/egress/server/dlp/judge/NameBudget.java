package egress.server.dlp.judge;

import egress.exchange.Admission;
import egress.exchange.Failure;
import egress.policy.DenyReason;
import egress.policy.Route;
import egress.share.Caller;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Remembers the names that each caller brought under each pattern, and lets so many new ones through in a time: a caller that may choose names can
 * say something with each. By the pattern, and so across reloads. Safe for every thread.
 */
public final class NameBudget {
    /** The time in which a caller may bring so many new names. */
    public static final Duration SPAN = Duration.ofMinutes(10);

    /** Names that are remembered, as many times those that may come in the time: what is asked for again is not new. */
    private static final int REMEMBERED = 4;

    /** Of all callers, some 10 MB: after that new names are refused until others have expired. */
    private static final int MOST_NAMES = 1 << 16;

    /** Callers that are looked at for room. */
    private static final int LOOKED_AT = 16;

    private static final Admission FULL = new Admission.Refused(new Failure.Denied(
            DenyReason.DLP_NAMES, "too many names under patterns, of all callers: a name can carry data"));

    private final LongSupplier nanoTime;
    private final Map<Key, Brought> all = new LinkedHashMap<>(16, 0.75f, true);
    private int names;

    private record Key(Caller caller, String pattern) {}

    /** Those of one caller under one pattern. */
    private static final class Brought {
        /** To who has looked at it, the latest last. */
        final Map<String, Object> known = new LinkedHashMap<>(4, 0.75f, true);

        /** When those that were new came, the eldest first. */
        final Deque<Long> at = new ArrayDeque<>(4);

        boolean isOver(long now) {
            Long latest = at.peekLast();
            return latest == null || now - latest > SPAN.toNanos();
        }
    }

    public NameBudget(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /**
     * Whether that caller brought the name before.
     *
     * @param scanner that must have looked at it
     */
    public synchronized boolean isKnown(Caller caller, Route pattern, String host, Object scanner) {
        Brought brought = all.get(new Key(caller, pattern.name()));
        return brought != null && scanner.equals(brought.known.get(host));
    }

    /** Whether there is room for the name, without taking it. */
    public synchronized Admission hasRoom(Caller caller, Route pattern, String host) {
        Brought brought = all.get(new Key(caller, pattern.name()));
        return brought == null ? Admission.ADMITTED : room(brought, pattern, host);
    }

    private Admission room(Brought brought, Route pattern, String host) {
        long now = nanoTime.getAsLong();
        while (!brought.at.isEmpty() && now - brought.at.getFirst() > SPAN.toNanos()) {
            brought.at.removeFirst();
        }
        int most = pattern.dlp().names();
        return brought.known.containsKey(host) || brought.at.size() < most
                ? Admission.ADMITTED
                : new Admission.Refused(new Failure.Denied(
                        DenyReason.DLP_NAMES,
                        "more than " + most + " new names under " + pattern.name() + " in " + SPAN.toMinutes()
                                + " minutes: a name can carry data"));
    }

    /**
     * Takes the room for the name, once it may be asked for.
     *
     * @param scanner that has looked at it; null where none did
     */
    public synchronized Admission bring(Caller caller, Route pattern, String host, @Nullable Object scanner) {
        Key key = new Key(caller, pattern.name());
        Brought brought = all.get(key);
        Object by = scanner == null ? this : scanner;
        if (brought != null && brought.known.containsKey(host)) {
            brought.known.put(host, by);
            return Admission.ADMITTED;
        }
        if (brought == null) {
            brought = new Brought();
        } else if (room(brought, pattern, host) instanceof Admission.Refused refused) {
            return refused;
        }
        if (names >= MOST_NAMES && !makeRoom()) {
            return FULL;
        }
        if (!brought.known.isEmpty() && !all.containsKey(key)) {
            brought = new Brought(); // it was the one that made room
        }
        all.put(key, brought);
        brought.known.put(host, by);
        brought.at.addLast(nanoTime.getAsLong());
        names++;
        if (brought.known.size() > REMEMBERED * pattern.dlp().names()) {
            brought.known.remove(brought.known.keySet().iterator().next());
            names--;
        }
        return Admission.ADMITTED;
    }

    /** Forgets a caller that could bring as many as ever; of one that could not, nothing may be forgotten. */
    private boolean makeRoom() {
        long now = nanoTime.getAsLong();
        Iterator<Brought> eldest = all.values().iterator();
        for (int i = 0; i < LOOKED_AT && eldest.hasNext(); i++) {
            Brought brought = eldest.next();
            if (brought.isOver(now)) {
                eldest.remove();
                names -= brought.known.size();
                return true;
            }
        }
        return false;
    }
}
