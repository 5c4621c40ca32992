package egress.server.ask;

import egress.http.Authority;
import egress.policy.Grant;
import egress.share.Caller;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** What was granted, for as long as it holds: in memory alone. Its owner's lock guards it. */
final class Grants {
    /** Of all callers; an operator gives each of them one by one. */
    private static final int MOST = 1_000;

    private final List<Held> held = new ArrayList<>();

    /**
     * One grant.
     *
     * @param fingerprint of the value that may leave; empty where a rule is meant
     * @param untilNanos as the desk's clock; {@link Long#MAX_VALUE} for as long as the gate runs
     * @param until the same for people
     * @param once whether its first use ends it
     */
    record Held(
            Question.Kind kind,
            Caller caller,
            boolean tls,
            Authority authority,
            Grant grant,
            String fingerprint,
            long untilNanos,
            Optional<Instant> until,
            boolean once) {
        /** The question that it answers for good. */
        QuestionKey key() {
            return new QuestionKey(kind, caller, tls, authority, grant.rule(), fingerprint);
        }
    }

    /** @return false where there are too many */
    boolean add(Held grant) {
        if (held.size() >= MOST) {
            return false;
        }
        held.add(grant);
        return true;
    }

    /** Those that hold for a caller at an authority. */
    List<Held> of(Question.Kind kind, Caller caller, boolean tls, Authority authority, String fingerprint, long now) {
        expire(now);
        return held.stream()
                .filter(each -> each.kind() == kind
                        && each.caller().equals(caller)
                        && each.tls() == tls
                        && each.authority().equals(authority)
                        && each.fingerprint().equals(fingerprint))
                .toList();
    }

    /** Uses it, where it still holds; one that holds once is used up. */
    boolean use(Held grant, long now) {
        expire(now);
        return grant.once() ? held.remove(grant) : held.contains(grant);
    }

    /** Ends those whose time is over; whether there were any. */
    boolean expire(long now) {
        return held.removeIf(each -> each.untilNanos() != Long.MAX_VALUE && each.untilNanos() - now <= 0);
    }

    boolean end(Predicate<Held> which) {
        return held.removeIf(which);
    }

    List<Held> all(long now) {
        expire(now);
        return List.copyOf(held);
    }
}
