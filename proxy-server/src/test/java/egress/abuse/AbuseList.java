package egress.abuse;

import java.util.List;

/** The rows of the abuse list, of which each must have a case. */
final class AbuseList {
    /** A run of rows that are about one thing. */
    enum Group {
        NAMING("Naming and routing", 1, 7),
        IDENTITY("Identity across layers", 8, 12),
        TARGET("Request target", 13, 19),
        FRAMING("Framing", 20, 28),
        CREDENTIALS("Credentials", 29, 32),
        DLP("DLP", 33, 36),
        OPERATIONS("Certificates and operations", 37, 43),
        FOUND("What an attacker with the source found", 44, 48);

        final String title;
        final int first;
        final int last;

        Group(String title, int first, int last) {
            this.title = title;
            this.first = first;
            this.last = last;
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

    /** The classes that are about nothing but rows of the list, of which each must have left cases. */
    static final List<Class<?>> TEST_CLASSES = List.of(
            NamingTest.class,
            IdentityTest.class,
            TunnelProtocolTest.class,
            TargetTest.class,
            FramingTest.class,
            OddResponseTest.class,
            H2FramingTest.class,
            CredentialsTest.class,
            DlpTest.class,
            OperationsTest.class,
            OtherProtocolTest.class);

    /** How many rows there are. */
    static final int SIZE = 48;

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
            "WebSocket",
            "codings read in two ways",
            "a verdict as an oracle",
            "shares of what belongs to all",
            "fields by which a framework routes",
            "git by every way");

    private AbuseList() {}
}
