package egress.server.evidence;

import egress.exchange.LocalResponse;
import egress.policy.DenyReason;
import egress.server.flows.Flow;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What the rules in force said when a request was recorded; what DLP, the origin or the network did afterwards is nothing of theirs. */
sealed interface Recorded {
    record Allowed() implements Recorded {}

    /** @param code as in {@code X-Egress-Deny} */
    record Denied(String code) implements Recorded {}

    /** It ended before any rule was asked. */
    record Unjudged() implements Recorded {}

    /** The codes of refusals that come before the rules are asked. */
    Set<String> BEFORE_RULES = Set.of(
            "dlp_locked",
            "dlp_names",
            "proxy_authentication_required",
            "overloaded",
            "downstream_timeout",
            "policy_unavailable",
            "record_unavailable");

    /** The codes that rules give. */
    Set<String> BY_RULES = byRules();

    private static Set<String> byRules() {
        Set<String> codes = new TreeSet<>(Set.of("malformed", "misdirected"));
        for (DenyReason why : DenyReason.values()) {
            switch (why) {
                case HOST_NOT_ALLOWED,
                        PORT_NOT_ALLOWED,
                        SCHEME_NOT_ALLOWED,
                        PATH_NOT_ALLOWED,
                        METHOD_NOT_ALLOWED,
                        HEADER_NOT_ALLOWED,
                        GIT_PUSH,
                        GIT_FETCH,
                        CREDENTIAL_UNAVAILABLE,
                        CREDENTIAL_NEEDS_TLS -> codes.add(why.code());
                case UPGRADE_NOT_ALLOWED,
                        DLP_MATCH,
                        DLP_UNSCANNABLE,
                        DLP_UNAVAILABLE,
                        DLP_LOCKED,
                        DLP_NAMES,
                        POLICY_UNAVAILABLE,
                        ASK_PENDING,
                        RECORD_UNAVAILABLE -> {}
            }
        }
        return Set.copyOf(codes);
    }

    /** Of one flow; what another program wrote is taken for allowed, unless the answer bears a denial's field. */
    static Recorded of(Flow flow) {
        String code = flow.decision().code();
        if (code == null) {
            code = fromAnswer(flow.response()).orElse(null);
        }
        if (code != null && BY_RULES.contains(code)) {
            return new Denied(code);
        }
        if ("downstream_gone".equals(code) && flow.decision().rule() == null) {
            return new Unjudged();
        }
        boolean unjudged = code != null
                ? BEFORE_RULES.contains(code)
                : flow.decision().verdict().equals("pending");
        return unjudged ? new Unjudged() : new Allowed();
    }

    private static Optional<String> fromAnswer(Flow.@Nullable Response response) {
        if (response == null) {
            return Optional.empty();
        }
        return response.fields().stream()
                .filter(field -> field.name().equalsIgnoreCase(LocalResponse.DENY_FIELD))
                .map(field -> field.value().toLowerCase(Locale.ROOT))
                .findFirst();
    }
}
