package egress.server.ask;

import egress.exchange.Asking;
import egress.exchange.Failure;
import egress.exchange.ProxySnapshot;
import egress.http.Authority;
import egress.policy.Ask;
import egress.policy.DenyReason;
import egress.policy.DlpRules.OnMatch;
import egress.policy.Grant;
import egress.policy.Match;
import egress.policy.Policy;
import egress.policy.RequestHead;
import egress.policy.Route;
import egress.policy.Verdict;
import egress.share.Caller;
import egress.share.Claimant;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.util.NetUtil;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Where questions, answers and grants meet: all of it in memory, under one lock that is held for look-ups alone. A question ends exactly
 * once: by an answer, by its deadline, by a reload or with the gate; only the first of them counts, and only a yes lets anything leave.
 */
public final class AskDesk implements Asking, Asks {
    static final int MOST_OF_A_CALLER = 20;
    static final int MOST = 200;
    private static final int MOST_WAITING = 1_000;
    private static final int LONGEST_PATH = 2_048;
    private static final Duration NO_HOLDS = Duration.ofMinutes(10);
    /** How long a yes for one request waits for that request, where none waits for it. */
    private static final Duration ONCE_HOLDS = Duration.ofMinutes(10);

    /** A question that is asked again and again is not written each time. */
    private static final long REST_NANOS = 1_000_000_000L;

    private static final int ID_BYTES = 16;
    private static final String USER = "user:";
    private static final String NOBODY_SAID = "an operator was asked, and nobody answered in time";

    private final DeskSettings settings;
    private final DeskLog log;
    private final Map<String, OpenQuestion> open = new LinkedHashMap<>();
    private final Map<QuestionKey, OpenQuestion> byKey = new LinkedHashMap<>();
    private final Grants grants = new Grants();
    private final Denied denied = new Denied();
    private final Ended ended = new Ended();
    private final AskCounts counts = new AskCounts();
    private long generation;
    private boolean closed;
    private volatile @Nullable Supplier<ProxySnapshot> snapshots;

    AskDesk(DeskSettings settings, DeskLog log) {
        this.settings = settings;
        this.log = log;
    }

    /** From now on wishes are judged by the policy of the moment. */
    public void serve(Supplier<ProxySnapshot> inForce) {
        snapshots = inForce;
    }

    // What exchanges ask.

    @Override
    public Pending ask(RulePlea plea, Listener listener) {
        Verdict.Deny deny = plea.deny();
        RequestHead head = plea.head();
        Optional<Grant> granted = granted(plea);
        if (granted.isPresent()) {
            listener.onReply(new Reply.Granted(granted.get()));
            return Pending.NONE;
        }
        Failure.Denied no = new Failure.Denied(deny.why(), deny.words(), deny.rule());
        Optional<Match> rule = Grant.narrowest(head).filter(AskDesk::isShort);
        if (rule.isEmpty()) {
            return refused(listener, no);
        }
        QuestionKey key =
                new QuestionKey(Question.Kind.ROUTE, plea.who().caller(), head.tls(), head.authority(), rule.get(), "");
        Question.Reason reason = new Question.Reason(deny.why().code(), deny.words(), deny.rule(), "", "");
        Put put = new Put(
                key,
                plea.snapshot().generation(),
                address(plea.client()),
                wanted(head),
                reason,
                "",
                deny.ask() == Ask.HOLD,
                null);
        return put(put, new Waiter(plea.loop(), listener), listener, no, deny.rule());
    }

    @Override
    public Pending ask(ValuePlea plea, Listener listener) {
        RequestHead head = plea.head();
        Caller caller = plea.who().caller();
        Optional<Match> rule = Grant.narrowest(head).filter(AskDesk::isShort);
        if (rule.isEmpty() || plea.fingerprint().isEmpty() || plea.how() == Ask.NEVER) {
            return refused(listener, plea.denial());
        }
        List<Grants.Held> candidates;
        synchronized (this) {
            candidates = grants.of(
                    Question.Kind.TOKEN, caller, head.tls(), head.authority(), plea.fingerprint(), settings.nanoTime());
        }
        for (Grants.Held each : candidates) {
            if (each.grant().covers(head) && use(each)) {
                listener.onReply(new Reply.Granted(each.grant()));
                return Pending.NONE;
            }
        }
        QuestionKey key = new QuestionKey(
                Question.Kind.TOKEN, caller, head.tls(), head.authority(), rule.get(), plea.fingerprint());
        Question.Reason reason = new Question.Reason(
                plea.denial().code(), plea.denial().words(), plea.detector(), plea.place(), plea.fingerprint());
        Put put = new Put(key, plea.generation(), "", wanted(head), reason, "", plea.how() == Ask.HOLD, null);
        return put(put, new Waiter(plea.loop(), listener), listener, plea.denial(), "dlp");
    }

    @Override
    public Map<String, String> granted(Claimant who, RequestHead head) {
        List<Grants.Held> candidates;
        synchronized (this) {
            candidates = grants.all(settings.nanoTime());
        }
        Map<String, String> fingerprints = new LinkedHashMap<>(0);
        for (Grants.Held each : candidates) {
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
        Match any = new Match(List.of(), List.of(), List.of()); // whatever it asks for: one question for a caller
        QuestionKey key =
                new QuestionKey(Question.Kind.LOCK, who.caller(), true, new Authority("locked.invalid", 443), any, "");
        Question.Reason reason = new Question.Reason(why.code(), why.words(), "known_secrets", "", "");
        Put put = new Put(key, ofGeneration, "", wanted(head), reason, "", false, release);
        Opened opened;
        synchronized (this) {
            opened = question(put);
        }
        log.changed();
        return opened instanceof Opened.Is is
                ? Optional.of(is.question().question.id())
                : Optional.empty();
    }

    private static Pending refused(Listener listener, Failure why) {
        listener.onReply(new Reply.Refused(why));
        return Pending.NONE;
    }

    /** The grant that lets it pass already; one that holds once is used up by it. */
    private Optional<Grant> granted(RulePlea plea) {
        RequestHead head = plea.head();
        List<Grants.Held> candidates;
        synchronized (this) {
            if (closed || plea.snapshot().generation() < generation) {
                return Optional.empty();
            }
            candidates = grants.of(
                    Question.Kind.ROUTE, plea.who().caller(), head.tls(), head.authority(), "", settings.nanoTime());
        }
        for (Grants.Held each : candidates) {
            if (each.grant().covers(head) && allows(plea.snapshot().policy().judge(head, each.grant())) && use(each)) {
                return Optional.of(each.grant());
            }
        }
        return Optional.empty();
    }

    private static boolean allows(Verdict verdict) {
        return verdict instanceof Verdict.Allow || verdict instanceof Verdict.Inspect;
    }

    private boolean use(Grants.Held grant) {
        synchronized (this) {
            if (closed || !grants.use(grant, settings.nanoTime())) {
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

    private void refused(String id, String fault) {
        counts.refuseAnswer();
        log.refused(id, fault);
    }

    /**
     * What is asked.
     *
     * @param waits whether the exchange does
     * @param onAllowed what a yes does beside
     */
    private record Put(
            QuestionKey key,
            long generation,
            String client,
            Question.Wanted wanted,
            Question.Reason reason,
            String justification,
            boolean waits,
            @Nullable Runnable onAllowed) {}

    /** What became of asking: a question, or why there is none. */
    private sealed interface Opened {
        record Is(OpenQuestion question) implements Opened {}

        record No(String words) implements Opened {}
    }

    private Pending put(Put put, Waiter waiter, Listener listener, Failure no, String rule) {
        Opened opened;
        synchronized (this) {
            opened = question(put);
            if (opened instanceof Opened.Is is && put.waits()) {
                if (is.question().waiters.size() < MOST_WAITING) {
                    waiter.waitsFor(is.question());
                } else {
                    opened = new Opened.No("too many requests wait for the same answer");
                }
            }
        }
        log.changed();
        return switch (opened) {
            case Opened.No refused -> refused(listener, because(no, rule, refused.words()));
            case Opened.Is is -> {
                listener.onAsked(is.question().question.id());
                yield put.waits() ? waiting(waiter) : refused(listener, pending(no));
            }
        };
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
        for (OpenQuestion each : open.values()) {
            each.waiters.remove(waiter);
        }
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

    /** The question that is open already, or a new one. Under the lock. */
    private Opened question(Put put) {
        long now = settings.nanoTime();
        expire(now);
        if (closed) {
            return new Opened.No("the gate is stopping, and asks nobody");
        }
        if (put.generation() < generation) {
            return new Opened.No("the rules have changed meanwhile");
        }
        Denied.Said no = denied.of(put.key(), now);
        if (no != null) {
            return new Opened.No("an operator said no" + (no.why().isEmpty() ? "" : ": " + no.why()));
        }
        OpenQuestion there = byKey.get(put.key());
        if (there != null) {
            there.again(put.waits());
            return new Opened.Is(there);
        }
        long own = open.values().stream()
                .filter(each -> each.key.caller().equals(put.key().caller()))
                .count();
        if (own >= MOST_OF_A_CALLER || open.size() >= MOST) {
            counts.refuseQuestion(put.key().kind());
            return new Opened.No("too many questions are open: an operator is not asked about this one");
        }
        OpenQuestion made = made(put, now);
        open.put(made.question.id(), made);
        byKey.put(made.key, made);
        counts.ask(made.key.kind());
        return new Opened.Is(made);
    }

    private OpenQuestion made(Put put, long now) {
        byte[] id = new byte[ID_BYTES];
        settings.random().nextBytes(id);
        Instant time = settings.clock().instant();
        Caller caller = put.key().caller();
        String user = caller.key().startsWith(USER) ? caller.key().substring(USER.length()) : "";
        Question question = new Question(
                HexFormat.of().formatHex(id),
                time,
                time.plus(settings.timeout()),
                put.key().kind(),
                put.waits(),
                new Question.Who(caller, put.client(), user, settings.bottle()),
                put.wanted(),
                put.reason(),
                "",
                put.justification(),
                1);
        return new OpenQuestion(
                put.key(), put.generation(), now + settings.timeout().toNanos(), question, put.onAllowed());
    }

    private static boolean isShort(Match rule) {
        return rule.paths().stream().allMatch(path -> path.toString().length() <= LONGEST_PATH);
    }

    private static Question.Wanted wanted(RequestHead head) {
        int query = head.target().indexOf('?');
        return new Question.Wanted(
                head.tls(),
                head.authority().host(),
                head.authority().port(),
                head.method(),
                query < 0 ? head.target() : head.target().substring(0, query),
                false);
    }

    private static String address(SocketAddress client) {
        return client instanceof InetSocketAddress inet && inet.getAddress() != null
                ? NetUtil.toSocketAddressString(inet)
                : String.valueOf(client);
    }

    // What operators and callers see of it.

    @Override
    public synchronized List<Question> open() {
        List<Question> shown = new ArrayList<>();
        for (OpenQuestion each : open.values()) {
            if (each.shown != null) {
                shown.add(each.shown);
            }
        }
        return shown;
    }

    @Override
    public synchronized Optional<State> state(Caller caller, String id) {
        expire(settings.nanoTime());
        OpenQuestion is = open.get(id);
        if (is != null) {
            return is.key.caller().equals(caller) ? Optional.of(new State.Pending(is.question)) : Optional.empty();
        }
        return ended.get(caller, id);
    }

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
            answered = decide(id, answer, by);
        }
        log.changed();
        return answered;
    }

    /** What was put in the place of an answer, and is none: a no to this question, though not to the next one. */
    void forged(String id, String fault) {
        synchronized (this) {
            OpenQuestion is = open.get(id);
            if (is != null) {
                end(
                        is,
                        new State.Denied(is.question, ""),
                        AskOutcome.FORGED,
                        "what was found in place of an answer is none");
            }
        }
        refused(id, fault);
        log.changed();
    }

    private Answered decide(String id, Answer answer, String by) {
        long now = settings.nanoTime();
        expire(now);
        OpenQuestion is = open.get(id);
        if (is == null) {
            refused(id, "an answer to no question that is open: answered, expired or never asked");
            return new Answered.Refused("there is no such question any more");
        }
        return switch (answer) {
            case Answer.Deny deny -> {
                denied.add(is.key, now + NO_HOLDS.toNanos(), deny.why());
                State state = new State.Denied(is.question, deny.why());
                log.answered(is.question, AskOutcome.DENY.code(), by, deny.why());
                end(
                        is,
                        state,
                        AskOutcome.DENY,
                        "an operator said no" + (deny.why().isEmpty() ? "" : ": " + deny.why()));
                yield new Answered.Taken(state);
            }
            case Answer.AllowOnce once -> allow(is, once.pathPrefix(), Optional.empty(), true, by);
            case Answer.AllowFor span -> allow(is, span.pathPrefix(), Optional.of(span.span()), false, by);
            case Answer.AllowUntilExit always -> allow(is, always.pathPrefix(), Optional.empty(), false, by);
        };
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
            close(is, state, what);
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
        close(is, state, what);
        for (Waiter each : is.waiters) {
            used(held);
            each.reply(new Reply.Granted(grant));
        }
        return new Answered.Taken(state);
    }

    /** The one that has waited longest goes; the others ask again. */
    private void allowOnce(OpenQuestion is, Grant grant, State state) {
        close(is, state, AskOutcome.ALLOW_ONCE);
        long now = settings.nanoTime();
        if (is.waiters.isEmpty()) {
            Instant until = settings.clock().instant().plus(ONCE_HOLDS);
            grants.add(held(is, grant, now + ONCE_HOLDS.toNanos(), Optional.of(until), true));
            return;
        }
        List<Waiter> waiting = new ArrayList<>(is.waiters);
        Waiter first = waiting.removeFirst();
        used(held(is, grant, now, Optional.empty(), true));
        first.reply(new Reply.Granted(grant));
        if (waiting.isEmpty()) {
            return;
        }
        Question was = is.question;
        Put put = new Put(
                is.key, generation, was.who().client(), was.wanted(), was.reason(), was.justification(), true, null);
        switch (question(put)) {
            case Opened.Is next -> {
                for (Waiter each : waiting) {
                    each.waitsFor(next.question());
                    each.asked(next.question().question.id());
                }
            }
            case Opened.No no -> waiting.forEach(each -> each.reply(refusal(was, no.words())));
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
        refused(is.question.id(), words);
        return new Answered.Refused(words);
    }

    // How questions end.

    /** Ends it with a no. */
    private void end(OpenQuestion is, State state, AskOutcome outcome, String words) {
        close(is, state, outcome);
        is.waiters.forEach(each -> each.reply(refusal(is.question, words)));
    }

    private static Reply refusal(Question question, String words) {
        Question.Reason reason = question.reason();
        DenyReason why = DenyReason.DLP_MATCH;
        for (DenyReason each : DenyReason.values()) {
            why = each.code().equals(reason.code()) ? each : why;
        }
        return new Reply.Refused(new Failure.Denied(why, reason.words() + "; " + words, reason.rule()));
    }

    private void close(OpenQuestion is, State state, AskOutcome outcome) {
        counts.end(is.key.kind(), outcome);
        open.remove(is.question.id());
        byKey.remove(is.key);
        ended.add(state);
        log.ended(is.question.id());
    }

    private void expire(long now) {
        for (OpenQuestion each : List.copyOf(open.values())) {
            if (each.deadlineNanos - now <= 0) {
                expire(each, AskOutcome.EXPIRED, NOBODY_SAID);
            }
        }
    }

    private void expire(OpenQuestion is, AskOutcome outcome, String words) {
        log.expired(is.question, words);
        end(is, new State.Expired(is.question), outcome, words);
    }

    /** Questions whose time is over end; called now and then. */
    void tick() {
        synchronized (this) {
            long now = settings.nanoTime();
            expire(now);
            if (grants.expire(now)) {
                log.grantsChanged();
            }
        }
    }

    /** It cannot be shown to anybody. */
    void unshowable(String id, String words) {
        synchronized (this) {
            OpenQuestion is = open.get(id);
            if (is != null) {
                expire(is, AskOutcome.UNSHOWABLE, words);
            }
        }
    }

    /** Those that are not shown as they are, to be masked and shown. */
    synchronized List<OpenQuestion> changed() {
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
    synchronized boolean show(OpenQuestion is, Question masked) {
        is.shown = masked;
        return open.containsKey(is.question.id());
    }

    /** What became of questions and grants since the gate started. */
    public AskCounts counts() {
        return counts;
    }

    /** Questions that are open now. */
    public synchronized long open(Question.Kind kind) {
        return open.values().stream().filter(each -> each.key.kind() == kind).count();
    }

    /** Grants that are in force now. */
    public synchronized long granted(Question.Kind kind) {
        return grants.all(settings.nanoTime()).stream()
                .filter(each -> each.kind() == kind)
                .count();
    }

    synchronized List<Grants.Held> granted() {
        return grants.all(settings.nanoTime());
    }

    /** New rules hold: nothing that was asked about the old ones leaves, and grants end where nobody may be asked any more. */
    public void reloaded(ProxySnapshot now) {
        synchronized (this) {
            generation = now.generation();
            for (OpenQuestion each : List.copyOf(open.values())) {
                boolean stays = each.waiters.isEmpty() && isAskedAbout(now.policy(), each.key);
                if (each.generation < generation && !stays) {
                    expire(each, AskOutcome.RELOADED, "the rules have changed meanwhile");
                }
            }
            grants.end(each -> !isAskedAbout(
                    now.policy(),
                    new QuestionKey(
                            each.kind(),
                            each.caller(),
                            each.tls(),
                            each.authority(),
                            each.grant().rule(),
                            each.fingerprint())));
            log.grantsChanged();
        }
        log.changed();
    }

    private static boolean isAskedAbout(Policy policy, QuestionKey key) {
        return switch (key.kind()) {
            case ROUTE -> policy.askAt(key.authority()) != Ask.NEVER;
            case TOKEN ->
                policy.routeAt(key.authority())
                        .map(Route::dlp)
                        .filter(dlp -> dlp.outboundOnMatch() == OnMatch.SUPERVISE)
                        .isPresent();
            case LOCK -> true;
        };
    }

    /** The gate stops: nobody is asked any more, and nothing that waits leaves. */
    public void close() {
        synchronized (this) {
            closed = true;
            for (OpenQuestion each : List.copyOf(open.values())) {
                expire(each, AskOutcome.STOPPED, "the gate is stopping");
            }
            grants.end(any -> true);
        }
        log.changed();
    }

    // What callers ask in words.

    @Override
    public Asked ask(Caller caller, String client, Wish wish) {
        Supplier<ProxySnapshot> inForce = snapshots;
        if (inForce == null || closed()) {
            return new Asked.Refused("the gate asks nobody now");
        }
        RequestHead head;
        try {
            head = head(wish);
        } catch (IllegalArgumentException e) {
            return new Asked.Refused(String.valueOf(e.getMessage()));
        }
        ProxySnapshot snapshot = inForce.get();
        Verdict verdict = snapshot.policy().judge(head);
        if (allows(verdict)) {
            return new Asked.Allowed("the rules let it pass already");
        }
        if (!(verdict instanceof Verdict.Deny deny) || deny.ask() == Ask.NEVER) {
            return new Asked.Refused(
                    verdict instanceof Verdict.Deny no
                            ? no.words() + "; no operator is asked about it"
                            : "that is no request that could leave");
        }
        Optional<Match> rule = Grant.narrowest(head)
                .filter(AskDesk::isShort)
                .flatMap(narrowest -> Grant.below(narrowest, wish.pathPrefix()));
        if (rule.isEmpty()) {
            return new Asked.Refused("a path that can be read in too many ways: nobody is asked about it");
        }
        if (isGranted(caller, head, rule.get())) {
            return new Asked.Allowed("an operator said yes already");
        }
        Question.Wanted wanted = new Question.Wanted(
                head.tls(), head.authority().host(), head.authority().port(), head.method(), wish.pathPrefix(), true);
        String words = wish.justification();
        Put put = new Put(
                new QuestionKey(Question.Kind.ROUTE, caller, head.tls(), head.authority(), rule.get(), ""),
                snapshot.generation(),
                client,
                wanted,
                new Question.Reason(deny.why().code(), deny.words(), deny.rule(), "", ""),
                words.length() > Question.LONGEST_JUSTIFICATION
                        ? words.substring(0, Question.LONGEST_JUSTIFICATION)
                        : words,
                false,
                null);
        Opened opened;
        synchronized (this) {
            opened = question(put);
        }
        log.changed();
        return switch (opened) {
            case Opened.Is is -> new Asked.Pending(is.question().question.id());
            case Opened.No no -> new Asked.Refused(deny.words() + "; " + no.words());
        };
    }

    private static RequestHead head(Wish wish) {
        Authority authority = Authority.parse(wish.host() + ":" + wish.port(), wish.port());
        if (!wish.pathPrefix().startsWith("/") || wish.pathPrefix().indexOf('?') >= 0) {
            throw new IllegalArgumentException("the path begins with a slash and has no query");
        }
        return new RequestHead(
                wish.port() != 80, authority, wish.method(), wish.pathPrefix(), new DefaultHttpHeaders());
    }

    private boolean isGranted(Caller caller, RequestHead head, Match rule) {
        List<Grants.Held> candidates;
        synchronized (this) {
            candidates = grants.of(Question.Kind.ROUTE, caller, head.tls(), head.authority(), "", settings.nanoTime());
        }
        return candidates.stream().anyMatch(each -> each.grant().rule().equals(rule));
    }

    private synchronized boolean closed() {
        return closed;
    }
}
