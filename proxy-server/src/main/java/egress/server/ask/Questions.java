package egress.server.ask;

import egress.exchange.Asking.Reply;
import egress.exchange.Failure;
import egress.exchange.ProxySnapshot;
import egress.policy.DenyReason;
import egress.share.Caller;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The questions that are open, and for a while those that ended: each ends exactly once, by an answer, by its deadline, by a reload or with
 * the gate. The lock of {@link AskDesk} guards it.
 */
final class Questions {
    static final int MOST_OF_A_CALLER = 20;
    static final int MOST = 200;
    private static final int MOST_WAITING = 1_000;
    private static final Duration NO_HOLDS = Duration.ofMinutes(10);

    /** A question that is asked again and again is not written each time. */
    private static final long REST_NANOS = 1_000_000_000L;

    private static final String NOBODY_SAID = "an operator was asked, and nobody answered in time";
    private static final String RULES_CHANGED = "the rules have changed meanwhile";

    private final DeskSettings settings;
    private final DeskLog log;
    private final AskCounts counts;
    private final Map<String, OpenQuestion> open = new LinkedHashMap<>();
    private final Map<QuestionKey, OpenQuestion> byKey = new LinkedHashMap<>();
    private final RecentDenials denied = new RecentDenials();
    private final EndedQuestions ended = new EndedQuestions();
    private long generation;
    private boolean closed;

    Questions(DeskSettings settings, DeskLog log, AskCounts counts) {
        this.settings = settings;
        this.log = log;
        this.counts = counts;
    }

    /** What became of asking: a question, or why there is none. */
    sealed interface Asked {
        record Open(OpenQuestion question) implements Asked {}

        record Refused(String words) implements Asked {}
    }

    /** The question that is open already, or a new one. */
    Asked ask(QuestionDraft draft) {
        long now = settings.nanoTime();
        expire(now);
        if (closed) {
            return new Asked.Refused("the gate is stopping, and asks no more questions");
        }
        if (draft.generation() < generation) {
            return new Asked.Refused(RULES_CHANGED);
        }
        RecentDenials.Denial no = denied.of(draft.key(), now);
        if (no != null) {
            return new Asked.Refused(denial(no.why()));
        }
        OpenQuestion there = byKey.get(draft.key());
        if (there != null) {
            there.again(draft.waits());
            return new Asked.Open(there);
        }
        Caller caller = draft.key().caller();
        long own = open.values().stream()
                .filter(each -> each.key.caller().equals(caller))
                .count();
        if (own >= MOST_OF_A_CALLER || open.size() >= MOST) {
            counts.refuseQuestion(draft.key().kind());
            return new Asked.Refused("too many questions are open: an operator is not asked about this one");
        }
        OpenQuestion made = draft.open(settings, now);
        open.put(made.question.id(), made);
        byKey.put(made.key, made);
        counts.ask(made.key.kind());
        return new Asked.Open(made);
    }

    /** The same, for an exchange that waits for the answer. */
    Asked ask(QuestionDraft draft, Waiter waiter) {
        Asked asked = ask(draft);
        if (!(asked instanceof Asked.Open(OpenQuestion question))) {
            return asked;
        }
        if (question.waiters.size() >= MOST_WAITING) {
            return new Asked.Refused("too many requests wait for the same answer");
        }
        waiter.waitsFor(question);
        return asked;
    }

    /** Asks the same again, for those that still wait when one of them was let pass. */
    void askAgain(OpenQuestion answered, List<Waiter> waiting) {
        switch (ask(QuestionDraft.again(answered, generation))) {
            case Asked.Open(OpenQuestion next) -> {
                for (Waiter each : waiting) {
                    each.waitsFor(next);
                    each.asked(next.question.id());
                }
            }
            case Asked.Refused(String words) -> waiting.forEach(each -> each.reply(refusal(answered.question, words)));
        }
    }

    void leave(Waiter waiter) {
        for (OpenQuestion each : open.values()) {
            each.waiters.remove(waiter);
        }
    }

    @Nullable
    OpenQuestion get(String id) {
        return open.get(id);
    }

    Optional<State> state(Caller caller, String id) {
        OpenQuestion is = open.get(id);
        if (is != null) {
            return is.key.caller().equals(caller) ? Optional.of(new State.Pending(is.question)) : Optional.empty();
        }
        return ended.get(caller, id);
    }

    long count(Question.Kind kind) {
        return open.values().stream().filter(each -> each.key.kind() == kind).count();
    }

    /** Those that were shown, as they were shown. */
    List<Question> shown() {
        List<Question> shown = new ArrayList<>();
        for (OpenQuestion each : open.values()) {
            if (each.shown != null) {
                shown.add(each.shown);
            }
        }
        return shown;
    }

    /** Those whose latest state is yet to be shown. */
    List<OpenQuestion> changed() {
        long now = settings.nanoTime();
        List<OpenQuestion> all = new ArrayList<>();
        for (OpenQuestion each : open.values()) {
            boolean rests = each.shown != null && now - each.shownNanos < REST_NANOS;
            if (each.changed && !rests) {
                each.changed = false;
                each.shownNanos = now;
                all.add(each);
            }
        }
        return all;
    }

    /** It is shown from now on; false where it is over. */
    boolean show(OpenQuestion is, Question masked) {
        is.shown = masked;
        return open.containsKey(is.question.id());
    }

    /** Whether requests that were judged by these rules may pass by a grant. */
    boolean isOfNow(long ofGeneration) {
        return !closed && ofGeneration >= generation;
    }

    boolean isClosed() {
        return closed;
    }

    // How they end.

    /** An operator said no: the same is not asked again for a while. */
    State deny(OpenQuestion is, String why, String by) {
        denied.add(is.key, settings.nanoTime() + NO_HOLDS.toNanos(), why);
        State state = new State.Denied(is.question, why);
        log.answered(is.question, AskOutcome.DENY.code(), by, why);
        end(is, state, AskOutcome.DENY, denial(why));
        return state;
    }

    /** What was found in place of an answer is none: a no to this question, though not to the next one. */
    void forged(String id) {
        OpenQuestion is = open.get(id);
        if (is != null) {
            end(
                    is,
                    new State.Denied(is.question, ""),
                    AskOutcome.FORGED,
                    "what was found in place of an answer is none");
        }
    }

    /** It cannot be shown to anybody. */
    void unshowable(String id, String words) {
        OpenQuestion is = open.get(id);
        if (is != null) {
            expire(is, AskOutcome.UNSHOWABLE, words);
        }
    }

    void expire(long now) {
        for (OpenQuestion each : List.copyOf(open.values())) {
            if (each.deadlineNanos - now <= 0) {
                expire(each, AskOutcome.EXPIRED, NOBODY_SAID);
            }
        }
    }

    /** New rules hold: what waits by the old ones does not leave, and questions that may no longer be asked end. */
    void reloaded(ProxySnapshot now) {
        generation = now.generation();
        for (OpenQuestion each : List.copyOf(open.values())) {
            boolean stays = each.waiters.isEmpty() && each.key.isAskedAbout(now.policy());
            if (each.generation < generation && !stays) {
                expire(each, AskOutcome.RELOADED, RULES_CHANGED);
            }
        }
    }

    /** No operator is asked any more, and nothing that waits leaves. */
    void close() {
        closed = true;
        for (OpenQuestion each : List.copyOf(open.values())) {
            expire(each, AskOutcome.STOPPED, "the gate is stopping");
        }
    }

    /** Ends it; those that wait are for the caller of this to answer. */
    void close(OpenQuestion is, State state, AskOutcome outcome) {
        counts.end(is.key.kind(), outcome);
        open.remove(is.question.id());
        byKey.remove(is.key);
        ended.add(state);
        log.ended(is.question.id());
    }

    private void expire(OpenQuestion is, AskOutcome outcome, String words) {
        log.expired(is.question, words);
        end(is, new State.Expired(is.question), outcome, words);
    }

    private void end(OpenQuestion is, State state, AskOutcome outcome, String words) {
        close(is, state, outcome);
        is.waiters.forEach(each -> each.reply(refusal(is.question, words)));
    }

    private static String denial(String why) {
        return "an operator said no" + (why.isEmpty() ? "" : ": " + why);
    }

    private static Reply refusal(Question question, String words) {
        Question.Reason reason = question.reason();
        DenyReason why = DenyReason.DLP_MATCH;
        for (DenyReason each : DenyReason.values()) {
            why = each.code().equals(reason.code()) ? each : why;
        }
        return new Reply.Refused(new Failure.Denied(why, reason.words() + "; " + words, reason.rule()));
    }
}
