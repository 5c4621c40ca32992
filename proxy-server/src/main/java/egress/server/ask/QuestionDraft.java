package egress.server.ask;

import egress.exchange.Asking.RulePlea;
import egress.exchange.Asking.ValuePlea;
import egress.exchange.Failure;
import egress.http.Authority;
import egress.policy.Ask;
import egress.policy.Grant;
import egress.policy.Match;
import egress.policy.RequestHead;
import egress.policy.Verdict;
import egress.share.Caller;
import io.netty.util.NetUtil;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A question before it is asked: it has neither id nor deadline yet.
 *
 * @param generation of the rules that it is about
 * @param client its address; empty where that is not known
 * @param waits whether the exchange waits for the answer
 * @param onAllowed what a yes does besides letting the request pass; null for nothing
 */
record QuestionDraft(
        QuestionKey key,
        long generation,
        String client,
        Question.Wanted wanted,
        Question.Reason reason,
        String justification,
        boolean waits,
        @Nullable Runnable onAllowed) {
    private static final int LONGEST_PATH = 2_048;
    private static final int ID_BYTES = 16;
    private static final String USER = "user:";
    /** The key's authority where a question is about a caller and no host. */
    private static final Authority NO_HOST = new Authority("locked.invalid", 443);
    /** The key's rule where a question is about everything that a caller sends. */
    private static final Match ANYTHING = new Match(List.of(), List.of(), List.of());

    /** About a request that a rule denies; empty where its path has no narrowest rule, or too long a one. */
    static Optional<QuestionDraft> of(RulePlea plea) {
        RequestHead head = plea.head();
        Verdict.Deny deny = plea.deny();
        return narrowest(head)
                .map(rule -> new QuestionDraft(
                        new QuestionKey(
                                Question.Kind.ROUTE, plea.who().caller(), head.tls(), head.authority(), rule, ""),
                        plea.snapshot().generation(),
                        address(plea.client()),
                        wanted(head),
                        new Question.Reason(deny.why().code(), deny.words(), deny.rule(), "", ""),
                        "",
                        deny.ask() == Ask.HOLD,
                        null));
    }

    /** About a value that DLP found; empty where no operator may be asked about it. */
    static Optional<QuestionDraft> of(ValuePlea plea) {
        if (plea.fingerprint().isEmpty() || plea.how() == Ask.NEVER) {
            return Optional.empty();
        }
        RequestHead head = plea.head();
        Failure denial = plea.denial();
        return narrowest(head)
                .map(rule -> new QuestionDraft(
                        new QuestionKey(
                                Question.Kind.TOKEN,
                                plea.who().caller(),
                                head.tls(),
                                head.authority(),
                                rule,
                                plea.fingerprint()),
                        plea.generation(),
                        "",
                        wanted(head),
                        new Question.Reason(
                                denial.code(), denial.words(), plea.detector(), plea.place(), plea.fingerprint()),
                        "",
                        plea.how() == Ask.HOLD,
                        null));
    }

    /** About a caller that is locked out: one question, whatever it asks for meanwhile. */
    static QuestionDraft ofLock(Caller caller, RequestHead head, long generation, Failure why, Runnable release) {
        return new QuestionDraft(
                new QuestionKey(Question.Kind.LOCK, caller, true, NO_HOST, ANYTHING, ""),
                generation,
                "",
                wanted(head),
                new Question.Reason(why.code(), why.words(), "known_secrets", "", ""),
                "",
                false,
                release);
    }

    /** About what a caller asks for in words, and the rules deny. */
    static QuestionDraft of(Caller caller, String client, Wish wish, long generation, WishJudgement.Askable askable) {
        RequestHead head = askable.head();
        Verdict.Deny deny = askable.deny();
        String words = wish.justification();
        return new QuestionDraft(
                new QuestionKey(Question.Kind.ROUTE, caller, head.tls(), head.authority(), askable.rule(), ""),
                generation,
                client,
                new Question.Wanted(
                        head.tls(),
                        head.authority().host(),
                        head.authority().port(),
                        head.method(),
                        wish.pathPrefix(),
                        true),
                new Question.Reason(deny.why().code(), deny.words(), deny.rule(), "", ""),
                words.length() > Question.LONGEST_JUSTIFICATION
                        ? words.substring(0, Question.LONGEST_JUSTIFICATION)
                        : words,
                false,
                null);
    }

    /** The same question again, for those that wait while another's answer let one request pass. */
    static QuestionDraft again(OpenQuestion answered, long generation) {
        Question was = answered.question;
        return new QuestionDraft(
                answered.key,
                generation,
                was.who().client(),
                was.wanted(),
                was.reason(),
                was.justification(),
                true,
                null);
    }

    /** The narrowest rule that would let a request pass, where it is short enough to be shown. */
    static Optional<Match> narrowest(RequestHead head) {
        return Grant.narrowest(head)
                .filter(rule ->
                        rule.paths().stream().allMatch(path -> path.toString().length() <= LONGEST_PATH));
    }

    OpenQuestion open(DeskSettings settings, long now) {
        byte[] id = new byte[ID_BYTES];
        settings.random().nextBytes(id);
        Instant time = settings.clock().instant();
        Caller caller = key.caller();
        String user = caller.key().startsWith(USER) ? caller.key().substring(USER.length()) : "";
        Question question = new Question(
                HexFormat.of().formatHex(id),
                time,
                time.plus(settings.timeout()),
                key.kind(),
                waits,
                new Question.Who(caller, client, user, settings.bottle()),
                wanted,
                reason,
                "",
                justification,
                1);
        return new OpenQuestion(key, generation, now + settings.timeout().toNanos(), question, onAllowed);
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
}
