package egress.server.ask;

import egress.share.Caller;
import java.time.Instant;
import java.util.Locale;

/**
 * What an operator is asked. All of its texts come from an agent: a reader that shows one escapes control characters, as {@link
 * egress.http.Printable#line} does.
 *
 * @param id 128 random bits in hexadecimal
 * @param deadline when it ends unanswered, which is a no
 * @param waits whether exchanges wait for the answer, or will be tried again
 * @param rule the narrowest rule that would let it pass, as YAML for the routes file; empty where there is none
 * @param justification the agent's own words, untrusted; empty where it gave none
 * @param count how often the same was asked
 */
public record Question(
        String id,
        Instant time,
        Instant deadline,
        Kind kind,
        boolean waits,
        Who who,
        Wanted wanted,
        Reason reason,
        String rule,
        String justification,
        int count) {
    /** The longest {@link #justification}, in characters; what is longer is cut. */
    public static final int LONGEST_JUSTIFICATION = 500;

    /** What a yes would do. */
    public enum Kind {
        /** Lets pass what the rules of a route do not, or a host that no route names. */
        ROUTE,
        /** Lets one value pass that DLP found. */
        TOKEN,
        /** Ends a lock-out after hits on known secrets. */
        LOCK;

        /** As files and logs name it. */
        public String code() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * @param caller whose question it is, and who alone a grant is for
     * @param client the address it came from
     * @param user the proxy user whose password was checked; empty where there is none
     * @param bottle what the gate's operator calls the sandbox; empty where it is not named
     */
    public record Who(Caller caller, String client, String user, String bottle) {}

    /**
     * @param method in the case it was sent in
     * @param path without the query; of a wish the prefix
     * @param prefix whether everything below the path is asked for as well
     */
    public record Wanted(boolean tls, String host, int port, String method, String path, boolean prefix) {}

    /**
     * Why it does not pass by itself.
     *
     * @param code the code of the denial, such as {@code path_not_allowed}
     * @param words the denial's sentence
     * @param rule which rule it failed at, or the detector
     * @param place where DLP found it; empty for other kinds
     * @param fingerprint of what DLP found, never the value; empty for other kinds
     */
    public record Reason(String code, String words, String rule, String place, String fingerprint) {}
}
