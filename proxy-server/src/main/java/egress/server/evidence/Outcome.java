package egress.server.evidence;

import org.jspecify.annotations.Nullable;

/** What a policy says of a recorded request. */
sealed interface Outcome {
    /** It may leave. */
    record Allowed(String route, String rule) implements Outcome {}

    /**
     * It may not.
     *
     * @param code as in {@code X-Egress-Deny}
     * @param route of its host; null where none names it
     * @param rule null where none was asked
     */
    record Denied(
            String code, @Nullable String route, @Nullable String rule, String why) implements Outcome {}

    /** What was masked or not kept decides. */
    record Undecidable(String why) implements Outcome {}

    /** In a word or two, for people. */
    default String words() {
        return switch (this) {
            case Allowed allowed -> "allowed by " + allowed.rule();
            case Denied denied -> denied.code() + (denied.rule() == null ? "" : " (" + denied.rule() + ")");
            case Undecidable undecidable -> undecidable.why();
        };
    }
}
