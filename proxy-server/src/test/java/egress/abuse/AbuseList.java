package egress.abuse;

import java.util.List;

/** The rows of the abuse list, of which each must have a case. */
final class AbuseList {
    /** A run of rows that are about one thing, with the class that tries them. */
    enum Group {
        NAMING("Naming and routing", 1, 7, "egress.abuse.NamingTest"),
        IDENTITY("Identity across layers", 8, 12, "egress.abuse.IdentityTest"),
        TARGET("Request target", 13, 19, "egress.abuse.TargetTest"),
        FRAMING("Framing", 20, 28, "egress.abuse.FramingTest"),
        CREDENTIALS("Credentials", 29, 32, "egress.abuse.CredentialsTest"),
        DLP("DLP", 33, 36, "egress.abuse.DlpTest"),
        OPERATIONS("Certificates and operations", 37, 43, "egress.abuse.OperationsTest");

        final String title;
        final int first;
        final int last;
        final String testClass;

        Group(String title, int first, int last, String testClass) {
            this.title = title;
            this.first = first;
            this.last = last;
            this.testClass = testClass;
        }

        static Group of(int row) {
            for (Group each : values()) {
                if (row >= each.first && row <= each.last) {
                    return each;
                }
            }
            throw new IllegalArgumentException("row: " + row + " (expected: 1-" + SIZE + ")");
        }
    }

    /** How many rows there are. */
    static final int SIZE = 43;

    /** What each row is about, in order. */
    static final List<String> TITLES = List.of(
            "one host, many spellings",
            "what is no authority",
            "names that look like an allowed one",
            "ports",
            "addresses in disguise",
            "addresses that are not public",
            "the proxy itself",
            "layers that disagree",
            "another name on a kept connection",
            "odd ClientHellos",
            "what is no TLS, and old TLS",
            "ALPN",
            "dot segments in every spelling",
            "bytes that no target has",
            "other forms of a target",
            "prefixes and lengths",
            "methods",
            "hostile regexes",
            "git",
            "lengths and codings that two parsers read in two ways",
            "malformed chunks, lines and versions",
            "bodies that look like requests",
            "odd responses",
            "malformed h2 heads",
            "h2 floods",
            "slow and broken callers",
            "readers and origins that stop",
            "expectations and upgrades",
            "the agent's own credentials",
            "origins that do not prove themselves",
            "secrets in what is written down",
            "tokens that are not there",
            "secrets in every dress",
            "bodies over the bound, and bombs",
            "a verdict service that fails",
            "secrets in names",
            "a flood of names",
            "a CA that is wrong",
            "reloads",
            "the admin listener",
            "alternative services",
            "exhaustion",
            "WebSocket");

    private AbuseList() {}
}
