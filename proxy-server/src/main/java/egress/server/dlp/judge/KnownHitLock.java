package egress.server.dlp.judge;

import egress.exchange.Admission;
import egress.exchange.Failure;
import egress.policy.DenyReason;
import egress.server.config.KnownHits;
import egress.share.Caller;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Remembers each caller's different hits on known secrets, by the keyed fingerprints of what matched, and locks out who has too many.
 * The same hit again counts once, since clients of language models send their history with each request. Safe for every thread.
 */
public final class KnownHitLock {
    private static final int MOST_CALLERS = 4096;
    private static final Admission LOCKED = new Admission.Refused(new Failure.Denied(
            DenyReason.DLP_LOCKED, "too many known secrets in what was sent: nothing more is let through for a while"));

    private final KnownHits bound;
    private final LongSupplier nanoTime;
    private final Map<Caller, Long> locked = new LinkedHashMap<>();
    private final Map<Caller, Map<String, Long>> seen = new LinkedHashMap<>(16, 0.75f, true);
    /** Read for each request: while no caller is locked out, no lock is taken. */
    private volatile boolean any;

    public KnownHitLock(KnownHits bound, LongSupplier nanoTime) {
        this.bound = bound;
        this.nanoTime = nanoTime;
    }

    /** Whether anything of that caller may leave. */
    public Admission admit(Caller caller) {
        return any && isLocked(caller) ? LOCKED : Admission.ADMITTED;
    }

    private synchronized boolean isLocked(Caller caller) {
        long now = nanoTime.getAsLong();
        locked.values().removeIf(until -> until - now <= 0);
        any = !locked.isEmpty();
        return locked.containsKey(caller);
    }

    /**
     * One hit.
     *
     * @param matched the fingerprint of what stood there
     * @return whether it was the one too many
     */
    synchronized boolean hit(Caller caller, String matched) {
        if (!bound.isOn() || isLocked(caller)) {
            return false;
        }
        long now = nanoTime.getAsLong();
        Map<String, Long> hits = seen.computeIfAbsent(caller, added -> new HashMap<>());
        hits.values().removeIf(at -> now - at > bound.span().toNanos());
        hits.put(matched, now);
        if (hits.size() >= bound.count()) {
            seen.remove(caller);
            forget(locked);
            locked.put(caller, now + bound.span().toNanos());
            any = true;
            return true;
        }
        forget(seen);
        return false;
    }

    /** An operator ends it; earlier hits no longer count. */
    synchronized void release(Caller caller) {
        locked.remove(caller);
        seen.remove(caller);
        any = !locked.isEmpty();
    }

    /** For the operator. */
    String words(Caller caller) {
        return caller + " is locked out for " + bound.span().toSeconds() + " s after " + bound.count()
                + " different hits on known secrets";
    }

    // The eldest gives way: of the locked ones the first to be free again, of the others the longest without a hit.
    private static void forget(Map<Caller, ?> callers) {
        if (callers.size() > MOST_CALLERS) {
            callers.remove(callers.keySet().iterator().next());
        }
    }
}
