package egress.server.ask;

import egress.exchange.Asking.Reply;
import egress.policy.Grant;
import egress.policy.Match;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** What an operator's answer does to its question and to those that wait. The lock of {@link AskDesk} guards it. */
final class AnswerHandler {
    /** How long a yes for one request waits for that request, where none waits for it. */
    private static final Duration ONCE_HOLDS = Duration.ofMinutes(10);

    private final DeskSettings settings;
    private final DeskLog log;
    private final Questions questions;
    private final Grants grants;
    private final AskCounts counts;
    private final Consumer<Grants.Held> used;

    /** @param used takes a note that a request leaves by a grant */
    AnswerHandler(
            DeskSettings settings,
            DeskLog log,
            Questions questions,
            Grants grants,
            AskCounts counts,
            Consumer<Grants.Held> used) {
        this.settings = settings;
        this.log = log;
        this.questions = questions;
        this.grants = grants;
        this.counts = counts;
        this.used = used;
    }

    Answered answer(String id, Answer answer, String by) {
        questions.expire(settings.nanoTime());
        OpenQuestion is = questions.get(id);
        if (is == null) {
            refuse(id, "an answer to no question that is open: answered, expired or never asked");
            return new Answered.Refused("there is no such question any more");
        }
        return switch (answer) {
            case Answer.Deny deny -> new Answered.Taken(questions.deny(is, deny.why(), by));
            case Answer.AllowOnce once -> allow(is, once.pathPrefix(), Optional.empty(), true, by);
            case Answer.AllowFor span -> allow(is, span.pathPrefix(), Optional.of(span.span()), false, by);
            case Answer.AllowUntilExit always -> allow(is, always.pathPrefix(), Optional.empty(), false, by);
        };
    }

    /** Takes a note of what came as an answer and is none. */
    void refuse(String id, String fault) {
        counts.refuseAnswer();
        log.refused(id, fault);
    }

    private Answered allow(OpenQuestion is, Optional<String> prefix, Optional<Duration> span, boolean once, String by) {
        Question question = is.question;
        if (span.isPresent() && (!span.get().isPositive() || span.get().compareTo(Answer.LONGEST) > 0)) {
            return fault(is, "too long a time, or none");
        }
        Match rule = is.rule();
        if (prefix.isPresent()) {
            Optional<Match> below =
                    is.key.kind() == Question.Kind.LOCK ? Optional.empty() : Grant.below(rule, prefix.get());
            if (below.isEmpty()) {
                return fault(is, "the path prefix does not hold what was asked for");
            }
            rule = below.get();
        }
        Grant grant = new Grant(question.id(), rule);
        Optional<Instant> until = span.map(settings.clock().instant()::plus);
        State state = new State.Allowed(question, until, once);
        AskOutcome what =
                once ? AskOutcome.ALLOW_ONCE : span.isPresent() ? AskOutcome.ALLOW_FOR : AskOutcome.ALLOW_UNTIL_EXIT;
        log.answered(question, what.code(), by, "");
        Runnable action = is.onAllowed;
        if (action != null) {
            questions.close(is, state, what);
            log.later(action);
            return new Answered.Taken(state);
        }
        if (once) {
            allowOnce(is, grant, state);
            return new Answered.Taken(state);
        }
        long end = span.map(length -> settings.nanoTime() + length.toNanos()).orElse(Long.MAX_VALUE);
        Grants.Held held = held(is, grant, end, until, false);
        if (!grants.add(held)) {
            return fault(is, "too many grants hold already");
        }
        questions.close(is, state, what);
        for (Waiter each : is.waiters) {
            used.accept(held);
            each.reply(new Reply.Granted(grant));
        }
        return new Answered.Taken(state);
    }

    /** The one that has waited longest goes; the others ask again. */
    private void allowOnce(OpenQuestion is, Grant grant, State state) {
        questions.close(is, state, AskOutcome.ALLOW_ONCE);
        long now = settings.nanoTime();
        if (is.waiters.isEmpty()) {
            Instant until = settings.clock().instant().plus(ONCE_HOLDS);
            grants.add(held(is, grant, now + ONCE_HOLDS.toNanos(), Optional.of(until), true));
            return;
        }
        List<Waiter> waiting = new ArrayList<>(is.waiters);
        Waiter first = waiting.removeFirst();
        used.accept(held(is, grant, now, Optional.empty(), true));
        first.reply(new Reply.Granted(grant));
        if (!waiting.isEmpty()) {
            questions.askAgain(is, waiting);
        }
    }

    private Grants.Held held(OpenQuestion is, Grant grant, long end, Optional<Instant> until, boolean once) {
        return new Grants.Held(
                is.key.kind(),
                is.key.caller(),
                is.key.tls(),
                is.key.authority(),
                grant,
                is.key.fingerprint(),
                end,
                until,
                once);
    }

    private Answered fault(OpenQuestion is, String words) {
        refuse(is.question.id(), words);
        return new Answered.Refused(words);
    }
}
