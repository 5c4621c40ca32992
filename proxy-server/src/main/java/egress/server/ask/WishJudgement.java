package egress.server.ask;

import egress.http.Authority;
import egress.policy.Ask;
import egress.policy.Grant;
import egress.policy.Match;
import egress.policy.Policy;
import egress.policy.RequestHead;
import egress.policy.Verdict;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import java.util.Optional;

/** What the rules say of a {@link Wish}. */
sealed interface WishJudgement {
    String NO_REQUEST = "that is no request that could leave";

    /** No operator needs to be asked, or none may be. */
    record Settled(Asked reply) implements WishJudgement {}

    /**
     * An operator may be asked.
     *
     * @param rule what a yes would let pass
     */
    record Askable(RequestHead head, Match rule, Verdict.Deny deny) implements WishJudgement {}

    static WishJudgement of(Wish wish, Policy policy) {
        RequestHead head;
        try {
            head = head(wish);
        } catch (IllegalArgumentException e) {
            return refused(String.valueOf(e.getMessage()));
        }
        return switch (policy.judge(head)) {
            case Verdict.Deny deny
            when deny.ask() == Ask.NEVER -> refused(deny.words() + "; no operator is asked about it");
            case Verdict.Deny deny -> {
                Optional<Match> rule =
                        QuestionDraft.narrowest(head).flatMap(narrowest -> Grant.below(narrowest, wish.pathPrefix()));
                yield rule.isEmpty()
                        ? refused("a path that can be read in too many ways: no operator is asked about it")
                        : new Askable(head, rule.get(), deny);
            }
            case Verdict.Allow _ -> allowed();
            case Verdict.Inspect _ -> allowed();
            case Verdict.Malformed _ -> refused(NO_REQUEST);
            case Verdict.Misdirected _ -> refused(NO_REQUEST);
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

    private static WishJudgement allowed() {
        return new Settled(new Asked.Allowed("the rules let it pass already"));
    }

    private static WishJudgement refused(String words) {
        return new Settled(new Asked.Refused(words));
    }
}
