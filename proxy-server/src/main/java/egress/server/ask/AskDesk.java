package egress.server.ask;

import egress.exchange.Asking;
import egress.exchange.Failure;
import egress.exchange.ProxySnapshot;
import egress.http.Authority;
import egress.policy.DenyReason;
import egress.policy.Match;
import egress.policy.RequestHead;
import egress.policy.Verdict;
import egress.share.Caller;
import egress.share.Claimant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Where questions, answers and grants meet: all of it in memory, under one lock that is held for look-ups alone. Only the first of what ends a
 * question counts, and only a yes lets anything leave.
 */
public final class AskDesk implements Asking, Asks {
    private final DeskSettings settings;
    private final DeskLog log;
    private final Grants grants = new Grants();
    private final AskCounts counts = new AskCounts();
    private final Questions questions;
    private final AnswerHandler answers;
    private volatile @Nullable Supplier<ProxySnapshot> snapshots;

    AskDesk(DeskSettings settings, DeskLog log) {
        this.settings = settings;
        this.log = log;
        this.questions = new Questions(settings, log, counts);
        this.answers = new AnswerHandler(settings, log, questions, grants, counts, this::used);
    }

    /** From now on wishes are judged by the policy of the moment. */
    public void serve(Supplier<ProxySnapshot> inForce) {
        snapshots = inForce;
    }

    // What exchanges ask.

    @Override
    public Pending ask(RulePlea plea, Listener listener) {
        Optional<Grants.Held> granted = granted(plea);
        if (granted.isPresent()) {
            listener.onReply(new Reply.Granted(granted.get().grant()));
            return Pending.NONE;
        }
        Verdict.Deny deny = plea.deny();
        Failure no = new Failure.Denied(deny.why(), deny.words(), deny.rule());
        return QuestionDraft.of(plea)
                .map(draft -> ask(draft, new Waiter(plea.loop(), listener), listener, no, deny.rule()))
                .orElseGet(() -> refused(listener, no));
    }

    @Override
    public Pending ask(ValuePlea plea, Listener listener) {
        Optional<QuestionDraft> draft = QuestionDraft.of(plea);
        if (draft.isEmpty()) {
            return refused(listener, plea.denial());
        }
        RequestHead head = plea.head();
        for (Grants.Held each : held(Question.Kind.TOKEN, plea.who(), head, plea.fingerprint())) {
            if (each.grant().covers(head) && use(each)) {
                listener.onReply(new Reply.Granted(each.grant()));
                return Pending.NONE;
            }
        }
        return ask(draft.get(), new Waiter(plea.loop(), listener), listener, plea.denial(), "dlp");
    }

    @Override
    public Map<String, String> granted(Claimant who, RequestHead head) {
        Map<String, String> fingerprints = new LinkedHashMap<>(0);
        for (Grants.Held each : granted()) {
            boolean its = each.kind() == Question.Kind.TOKEN
                    && each.caller().equals(who.caller())
                    && each.tls() == head.tls()
                    && each.authority().equals(head.authority());
            if (its && each.grant().covers(head) && use(each)) {
                fingerprints.put(each.fingerprint(), each.grant().name());
            }
        }
        return fingerprints;
    }

    @Override
    public Optional<String> locked(Claimant who, RequestHead head, long ofGeneration, Failure why, Runnable release) {
        QuestionDraft draft = QuestionDraft.ofLock(who.caller(), head, ofGeneration, why, release);
        return switch (ask(draft)) {
            case Questions.Asked.Open(OpenQuestion is) -> Optional.of(is.question.id());
            case Questions.Asked.Refused _ -> Optional.empty();
        };
    }

    /** The grant that lets it pass already; one that holds once is used up by it. */
    private Optional<Grants.Held> granted(RulePlea plea) {
        RequestHead head = plea.head();
        List<Grants.Held> candidates;
        synchronized (this) {
            candidates = questions.isOfNow(plea.snapshot().generation())
                    ? held(Question.Kind.ROUTE, plea.who(), head, "")
                    : List.of();
        }
        return candidates.stream()
                .filter(each -> each.grant().covers(head)
                        && allows(plea.snapshot().policy().judge(head, each.grant()))
                        && use(each))
                .findFirst();
    }

    private synchronized List<Grants.Held> held(
            Question.Kind kind, Claimant who, RequestHead head, String fingerprint) {
        return grants.of(kind, who.caller(), head.tls(), head.authority(), fingerprint, settings.nanoTime());
    }

    private static boolean allows(Verdict verdict) {
        return verdict instanceof Verdict.Allow || verdict instanceof Verdict.Inspect;
    }

    private boolean use(Grants.Held grant) {
        synchronized (this) {
            if (questions.isClosed() || !grants.use(grant, settings.nanoTime())) {
                return false;
            }
        }
        used(grant);
        return true;
    }

    private void used(Grants.Held grant) {
        counts.use(grant.kind());
        log.used(grant);
    }

    private Questions.Asked ask(QuestionDraft draft) {
        Questions.Asked asked;
        synchronized (this) {
            asked = questions.ask(draft);
        }
        log.changed();
        return asked;
    }

    private Pending ask(QuestionDraft draft, Waiter waiter, Listener listener, Failure no, String rule) {
        Questions.Asked asked;
        synchronized (this) {
            asked = draft.waits() ? questions.ask(draft, waiter) : questions.ask(draft);
        }
        log.changed();
        return switch (asked) {
            case Questions.Asked.Refused(String words) -> refused(listener, because(no, rule, words));
            case Questions.Asked.Open(OpenQuestion is) -> {
                listener.onAsked(is.question.id());
                yield draft.waits() ? waiting(waiter) : refused(listener, pending(no));
            }
        };
    }

    private static Pending refused(Listener listener, Failure why) {
        listener.onReply(new Reply.Refused(why));
        return Pending.NONE;
    }

    private Pending waiting(Waiter waiter) {
        return new Pending() {
            @Override
            public long deadlineNanos() {
                return waiter.deadlineNanos();
            }

            @Override
            public void close() {
                waiter.close();
                leave(waiter);
            }
        };
    }

    private synchronized void leave(Waiter waiter) {
        questions.leave(waiter);
    }

    private static Failure pending(Failure no) {
        return new Failure.Denied(
                DenyReason.ASK_PENDING, no.words() + "; an operator is asked, ask for it again later");
    }

    /** The same denial, and what became of asking. */
    private static Failure because(Failure no, String rule, String words) {
        return no instanceof Failure.Denied denied
                ? new Failure.Denied(denied.why(), denied.words() + "; " + words, rule)
                : no;
    }

    // What callers ask in words.

    @Override
    public Asked ask(Caller caller, String client, Wish wish) {
        Supplier<ProxySnapshot> inForce = snapshots;
        if (inForce == null || isClosed()) {
            return new Asked.Refused("the gate cannot ask an operator now");
        }
        ProxySnapshot snapshot = inForce.get();
        return switch (WishJudgement.of(wish, snapshot.policy())) {
            case WishJudgement.Settled(Asked reply) -> reply;
            case WishJudgement.Askable askable -> {
                if (isGranted(caller, askable.head().tls(), askable.head().authority(), askable.rule())) {
                    yield new Asked.Allowed("an operator said yes already");
                }
                yield switch (ask(QuestionDraft.of(caller, client, wish, snapshot.generation(), askable))) {
                    case Questions.Asked.Open(OpenQuestion is) -> new Asked.Pending(is.question.id());
                    case Questions.Asked.Refused(String words) ->
                        new Asked.Refused(askable.deny().words() + "; " + words);
                };
            }
        };
    }

    private synchronized boolean isGranted(Caller caller, boolean tls, Authority authority, Match rule) {
        return grants.of(Question.Kind.ROUTE, caller, tls, authority, "", settings.nanoTime()).stream()
                .anyMatch(each -> each.grant().rule().equals(rule));
    }

    private synchronized boolean isClosed() {
        return questions.isClosed();
    }

    // What operators and callers see of it.

    @Override
    public synchronized List<Question> open() {
        return questions.shown();
    }

    @Override
    public synchronized Optional<State> state(Caller caller, String id) {
        questions.expire(settings.nanoTime());
        return questions.state(caller, id);
    }

    /** What became of questions and grants since the gate started. */
    public AskCounts counts() {
        return counts;
    }

    /** Questions that are open now. */
    public synchronized long open(Question.Kind kind) {
        return questions.count(kind);
    }

    /** Grants that are in force now. */
    public long granted(Question.Kind kind) {
        return granted().stream().filter(each -> each.kind() == kind).count();
    }

    synchronized List<Grants.Held> granted() {
        return grants.all(settings.nanoTime());
    }

    /** Those that are not shown as they are, to be masked and shown. */
    synchronized List<OpenQuestion> changed() {
        return questions.changed();
    }

    /** It is shown from now on; false where it is over. */
    synchronized boolean show(OpenQuestion is, Question masked) {
        return questions.show(is, masked);
    }

    /** It cannot be shown to anybody. */
    synchronized void unshowable(String id, String words) {
        questions.unshowable(id, words);
    }

    // What ends questions and grants.

    @Override
    public Answered answer(String id, Answer answer, String by) {
        if (!settings.page()) {
            return new Answered.Refused("answers are taken from --ask-queue alone");
        }
        return answered(id, answer, by);
    }

    /** Takes an answer, from wherever it was found good. */
    Answered answered(String id, Answer answer, String by) {
        Answered answered;
        synchronized (this) {
            answered = answers.answer(id, answer, by);
        }
        log.changed();
        return answered;
    }

    /** What was put in the place of an answer, and is none. */
    void forged(String id, String fault) {
        synchronized (this) {
            questions.forged(id);
        }
        answers.refuse(id, fault);
        log.changed();
    }

    /** Questions and grants whose time is over end; called now and then. */
    synchronized void tick() {
        long now = settings.nanoTime();
        questions.expire(now);
        if (grants.expire(now)) {
            log.grantsChanged();
        }
    }

    /** New rules hold: nothing that was asked about the old ones leaves, and grants end where an operator may no longer be asked. */
    public void reloaded(ProxySnapshot now) {
        synchronized (this) {
            questions.reloaded(now);
            grants.end(each -> !each.key().isAskedAbout(now.policy()));
            log.grantsChanged();
        }
        log.changed();
    }

    /** The gate stops: no operator is asked any more, and nothing that waits leaves. */
    public void close() {
        synchronized (this) {
            questions.close();
            grants.end(any -> true);
        }
        log.changed();
    }
}
