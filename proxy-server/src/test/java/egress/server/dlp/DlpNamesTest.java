package egress.server.dlp;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import egress.exchange.ExchangeRecord;
import egress.exchange.Inspection.Effect;
import egress.exchange.Inspector;
import egress.exchange.ProxySnapshot;
import egress.gate.Gate;
import egress.policy.DlpRules;
import egress.policy.DlpRules.Detectors;
import egress.policy.DlpRules.OnMatch;
import egress.policy.DlpRules.OnOversize;
import egress.policy.Policy;
import egress.policy.Route;
import egress.server.CaLeaves;
import egress.server.config.DlpConfig;
import egress.server.config.KnownHits;
import egress.server.dlp.judge.ScanWatch;
import egress.testkit.Alpn;
import egress.testkit.GitHubToken;
import egress.testkit.TestCa;
import egress.testkit.client.H2Client;
import egress.testkit.client.RawClient;
import egress.testkit.origin.NameServer;
import egress.testkit.origin.Origin;
import egress.testkit.wire.HttpHead;
import egress.testkit.wire.ReceivedResponse;
import egress.upstream.NameSource;
import egress.upstream.UpstreamConfig;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Names that only a pattern allows: what they carry, and how many there are, is judged before any is looked up. */
class DlpNamesTest {
    private static final String SECRET = "q8ZtW3nRb5KxJ7vLc2Hy9MdPfG4sTa6E";
    private static final String PATTERN = "**.names.example";
    private static final String SUFFIX = ".names.example";
    private static final String SERVED = "photos.names.example";

    @TempDir
    Path directory;

    /** A gate whose only route is a pattern, a name server that counts, and an origin for one of the names. */
    private final class Site implements AutoCloseable {
        final NameServer names = new NameServer();
        final TestCa ca = TestCa.create("origins");
        final Origin origin = Origin.tls(ca.leaf(SERVED), Alpn.H2_AND_H1);
        final DlpEngine engine;
        final Gate gate;

        Site(boolean scans, int most) throws IOException {
            DlpConfig d = DlpGate.settings(directory).withKnownHits(new KnownHits(20, Duration.ofMinutes(10)));
            DlpConfig settings = scans
                    ? d
                    : new DlpConfig(
                            false,
                            d.pipelock(),
                            d.maxBody(),
                            d.memory(),
                            d.spoolDirectory(),
                            d.spoolMax(),
                            d.timeout(),
                            d.allowed(),
                            d.profile(),
                            d.bodyRate(),
                            d.knownHits());
            engine = DlpEngine.start(settings, Optional.empty(), new byte[32], new SecureRandom(), ScanWatch.NONE);
            List<Route> routes = routes(most);
            gate = CaLeaves.gate()
                    .trust(ca.writePem(directory.resolve("origins.pem")))
                    .upstream(UpstreamConfig.DEFAULTS.withNames(new NameSource.Dns(List.of(names.address()))))
                    .inspector(inspector(routes))
                    .pin(SERVED, 443, origin.port())
                    .policy(Policy.of(routes))
                    .start();
        }

        Inspector inspector(List<Route> routes) {
            Inspector inspector = engine.inspector(routes, List.of(), Map.of("EGRESS_TOKEN_0", SECRET));
            engine.scanner().ifPresent(CompletableFuture::join);
            return inspector;
        }

        void reload(int most) {
            List<Route> routes = routes(most);
            gate.server().update(new ProxySnapshot(2, Policy.of(routes), inspector(routes)));
        }

        /** What a CONNECT is answered: 200, or the code of the denial. */
        String connect(String host) throws IOException {
            try (RawClient client = RawClient.connect(gate.port())) {
                client.send("CONNECT " + host + ":443 HTTP/1.1\r\nHost: " + host + ":443\r\n\r\n");
                return "" + client.readHead().status();
            }
        }

        /** The same of a request inside the tunnel, which is looked up. */
        String ask(String host) throws IOException {
            try (RawClient client = RawClient.connect(gate.port())) {
                HttpHead head = client.connectMethod(host + ":443");
                if (head.status() != 200) {
                    return head.value("x-egress-deny").orElseThrow();
                }
                ReceivedResponse answer = client.tls(
                                gate.client(host.toLowerCase(Locale.ROOT)).alpn("http/1.1"))
                        .get("/", host);
                return answer.value("x-egress-deny").orElse("" + answer.status());
            }
        }

        /** And in the clear. */
        String plain(String host) throws IOException {
            try (RawClient client = RawClient.connect(gate.port())) {
                ReceivedResponse answer = client.get("http://" + host + "/", host);
                return answer.value("x-egress-deny").orElse("" + answer.status());
            }
        }

        @Override
        public void close() throws IOException {
            gate.close();
            engine.close();
            origin.close();
            names.close();
        }
    }

    private static List<Route> routes(int most) {
        DlpRules rules = new DlpRules(
                new Detectors.Standard(),
                new Detectors.Standard(),
                OnMatch.BLOCK,
                OnOversize.DENY,
                false,
                Optional.empty(),
                Set.of(),
                most);
        return List.of(Route.pattern(PATTERN).dlp(rules).build());
    }

    private static String encoded(String how, byte[] value) {
        return switch (how) {
            case "base32" -> base32(value, "abcdefghijklmnopqrstuvwxyz234567");
            case "BASE32" -> base32(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567");
            case "base32hex" -> base32(value, "0123456789abcdefghijklmnopqrstuv");
            case "hex" -> HexFormat.of().formatHex(value);
            case "base64url" -> Base64.getUrlEncoder().withoutPadding().encodeToString(value);
            case "small base64url" ->
                Base64.getUrlEncoder().withoutPadding().encodeToString(value).toLowerCase(Locale.ROOT);
            case "as it is" -> new String(value, US_ASCII);
            default -> throw new IllegalArgumentException(how);
        };
    }

    private static String base32(byte[] value, String alphabet) {
        StringBuilder bits = new StringBuilder();
        for (byte each : value) {
            bits.append(
                    String.format("%8s", Integer.toBinaryString(each & 0xff)).replace(' ', '0'));
        }
        bits.append("0".repeat((5 - bits.length() % 5) % 5));
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < bits.length(); i += 5) {
            out.append(alphabet.charAt(new BigInteger(bits.substring(i, i + 5), 2).intValue()));
        }
        return out.toString();
    }

    /** The text in labels of so many characters each. */
    private static List<String> labels(String text, int each) {
        List<String> labels = new ArrayList<>();
        for (int i = 0; i < text.length(); i += each) {
            labels.add(text.substring(i, Math.min(text.length(), i + each)));
        }
        return labels;
    }

    private static String name(List<String> labels, String order) {
        List<String> written = new ArrayList<>(order.equals("backwards") ? labels.reversed() : labels);
        if (order.equals("numbered")) {
            written.replaceAll(label -> labels.indexOf(label) + "-" + label);
        }
        return String.join(".", written) + SUFFIX;
    }

    @ParameterizedTest(name = "{0} {1} in {2} characters a label, {3}")
    @CsvSource({
        "known, as it is, 8, forwards",
        "known, as it is, 8, numbered",
        "known, as it is, 63, forwards",
        "known, base32, 63, forwards",
        "known, base32, 20, forwards",
        "known, base32, 20, backwards",
        "known, base32, 20, numbered",
        "known, BASE32, 13, forwards",
        "known, base32hex, 20, forwards",
        "known, hex, 63, forwards",
        "known, hex, 16, forwards",
        "known, hex, 16, backwards",
        "known, hex, 16, numbered",
        "known, base64url, 63, forwards",
        "known, base64url, 11, forwards",
        "known, base64url, 11, backwards",
        "known, base64url, 11, numbered",
        "known, small base64url, 63, forwards",
        "known, small base64url, 11, forwards",
        "known, small base64url, 11, backwards",
        "token, as it is, 10, forwards",
        "token, as it is, 63, forwards",
        "token, base32, 63, forwards",
        "token, base32, 20, forwards",
        "token, base32, 20, backwards",
        "token, base32, 20, numbered",
        "token, base32hex, 20, forwards",
        "token, hex, 63, forwards",
        "token, hex, 16, backwards",
        "token, base64url, 63, forwards",
        "token, base64url, 11, forwards",
        "token, base64url, 11, numbered",
    })
    void aSecretInTheLabelsIsFoundBeforeTheNameIsLookedUp(String which, String how, int each, String order)
            throws IOException {
        String secret = which.equals("known") ? SECRET : GitHubToken.of(7);
        String host = name(labels(encoded(how, secret.getBytes(US_ASCII)), each), order);
        try (Site site = new Site(true, 64)) {
            assertThat(site.ask(host)).as(host).isEqualTo("dlp_match");
            if (!how.equals("base64url")) { // in the clear the host's case is lost before anybody is told it
                assertThat(site.plain(host)).as(host).isEqualTo("dlp_match");
            }
            assertThat(site.gate.refusals())
                    .anySatisfy(refusal -> assertThat(refusal.words())
                            .contains("found in host")
                            .doesNotContain(secret.substring(0, 8)));
            assertThat(site.gate.refusals())
                    .allSatisfy(refusal -> assertThat(refusal.authority()).hasToString("________" + SUFFIX + ":443"));
            assertThat(site.names.queries).isEmpty();
        }
    }

    @ParameterizedTest(name = "{0}, {1} characters a name")
    @CsvSource({
        "in order, 8",
        "backwards, 8",
        "numbered, 8",
        "numbered and mixed, 8",
        "in order, 4",
        "between others, 8"
    })
    void aSecretInPartsOverNamesIsStoppedBeforeTheNextIsLookedUp(String order, int each) throws IOException {
        List<String> parts = labels(SECRET.toLowerCase(Locale.ROOT), each);
        List<String> asked = new ArrayList<>(parts);
        if (order.startsWith("numbered")) {
            asked.replaceAll(part -> "part" + (parts.indexOf(part) + 1) + "-" + part);
        }
        switch (order) {
            case "backwards" -> Collections.reverse(asked);
            case "numbered and mixed" -> Collections.swap(asked, 0, 2);
            default -> assertThat(order).isIn("in order", "numbered", "between others");
        }
        List<String> denied = new ArrayList<>();
        try (Site site = new Site(true, 64)) {
            for (String label : asked) {
                String host = (order.equals("between others") ? label + ".photos.eu" : label) + SUFFIX;
                String answer = site.ask(host);
                if (answer.equals("dlp_match")) {
                    denied.add(label);
                    assertThat(site.names.queries)
                            .noneMatch(query -> query.name().contains(label));
                } else {
                    assertThat(answer).isEqualTo("upstream_unreachable");
                }
            }
        }
        int neighbours = 0;
        for (String part : parts) {
            neighbours = denied.stream().anyMatch(label -> label.endsWith(part)) ? 0 : neighbours + 1;
            assertThat(neighbours).as("neighbours that left, of %s", asked).isLessThan(16 / each);
        }
    }

    @Test
    void tenThousandEncodedNamesAreNotLookedUpOnce() throws IOException {
        try (Site site = new Site(true, 64);
                RawClient client = RawClient.connect(site.gate.port())) {
            String[] how = {"base32", "hex", "base64url", "base32hex"};
            for (int i = 0; i < 10_000; i++) {
                byte[] value = (i + ":" + GitHubToken.of(i)).getBytes(US_ASCII);
                String host = name(labels(encoded(how[i % how.length], value), 24 + i % 40), "forwards");
                client.send("CONNECT " + host + ":443 HTTP/1.1\r\nHost: " + host + ":443\r\n\r\n");
                ReceivedResponse answer = client.readResponse("GET");
                assertThat(answer.status()).as(host).isEqualTo(403);
                assertThat(answer.value("x-egress-deny")).as(host).contains("dlp_match");
            }
            assertThat(site.names.queries).isEmpty();
            assertThat(site.connect("plain" + SUFFIX))
                    .as("no denied name took a place")
                    .isEqualTo("200");
        }
    }

    @Test
    void hitsOnAKnownSecretInNamesLockTheCallerOut() throws IOException {
        try (Site site = new Site(true, 64)) {
            String last = "";
            for (int i = 0; i <= 40 && !last.equals("dlp_locked"); i++) {
                String part = SECRET.substring(i % 4, SECRET.length() - i / 4);
                last = site.ask(encoded("hex", part.getBytes(US_ASCII)).replaceAll("(.{60})", "$1.") + SUFFIX);
            }
            assertThat(last).isEqualTo("dlp_locked");
            assertThat(site.gate.hits())
                    .anyMatch(hit -> hit.effect() == Effect.LOCKED)
                    .anyMatch(hit ->
                            hit.place().equals("host") && hit.fingerprint().startsWith("fp:"));
            assertThat(site.names.queries).isEmpty();
        }
    }

    @Test
    void aPartThatSomebodyMayGuessTellsNothing() throws IOException {
        try (Site site = new Site(true, 64)) {
            assertThat(site.connect(encoded("base32", SECRET.substring(0, 7).getBytes(US_ASCII)) + SUFFIX))
                    .isEqualTo("200");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void soManyNewNamesAreLookedUpAndNoMore(boolean scans) throws IOException {
        try (Site site = new Site(scans, 3)) {
            for (int i = 0; i < 3; i++) {
                assertThat(site.ask("n" + i + SUFFIX)).isEqualTo("upstream_unreachable");
            }
            int asked = site.names.queries.size();
            assertThat(asked).isPositive();
            for (int i = 3; i < 8; i++) {
                assertThat(site.ask("n" + i + SUFFIX)).isEqualTo("dlp_names");
                assertThat(site.plain("n" + i + SUFFIX)).isEqualTo("dlp_names");
            }
            assertThat(site.names.queries).noneMatch(query -> query.name().matches("(?i)n[3-8]\\..*"));
            assertThat(site.connect("N1" + SUFFIX)).as("a known one").isEqualTo("200");

            site.reload(3);
            assertThat(site.ask("n9" + SUFFIX)).as("after a reload").isEqualTo("dlp_names");
            site.reload(4);
            assertThat(site.ask("n9" + SUFFIX)).as("more of them").isEqualTo("upstream_unreachable");
        }
    }

    @Test
    void whereNobodyScansTheLabelsPass() throws IOException {
        try (Site site = new Site(false, 64)) {
            assertThat(site.ask(encoded("base32", SECRET.getBytes(US_ASCII)) + SUFFIX))
                    .isEqualTo("upstream_unreachable");
        }
    }

    @Test
    void aHostThatOnlyTheRequestSpellsInCapitalsIsReadToo() throws IOException {
        String host = encoded("base64url", GitHubToken.of(3).getBytes(US_ASCII)) + SUFFIX;
        try (Site site = new Site(true, 64);
                RawClient client = RawClient.connect(site.gate.port())
                        .tunnel(host.toLowerCase(Locale.ROOT) + ":443")
                        .tls(site.gate.client(host.toLowerCase(Locale.ROOT)).alpn("http/1.1"))) {
            assertThat(client.get("/", host).value("x-egress-deny")).contains("dlp_match");
            assertThat(site.names.queries).isEmpty();
        }
    }

    @Test
    void anOriginUnderAPatternIsServedUnderThePatternsName() throws Exception {
        try (Site site = new Site(true, 64)) {
            assertThat(site.ask(SERVED)).isEqualTo("200");
            try (H2Client client = H2Client.through(site.gate.port(), SERVED + ":443", site.gate.client(SERVED))) {
                assertThat(client.request("GET", SERVED, "/h2", true).response().status())
                        .isEqualTo(200);
                // A connection carries the name of its CONNECT, whatever others the pattern allows.
                assertThat(client.request("GET", "other" + SUFFIX, "/", true)
                                .response()
                                .status())
                        .isEqualTo(421);
            }
            ExchangeRecord record = site.gate.awaitEnded(each -> each.target.equals("/h2"));
            assertThat(Objects.requireNonNull(record.route).name()).isEqualTo(PATTERN);
        }
    }

    @Test
    void hostAndTunnelMustAgreeUnderAPattern() throws IOException {
        try (Site site = new Site(true, 64);
                RawClient client = RawClient.connect(site.gate.port())
                        .tunnel(SERVED + ":443")
                        .tls(site.gate.client(SERVED).alpn("http/1.1"))) {
            assertThat(client.get("/", "other" + SUFFIX).status()).isEqualTo(421);
        }
    }
}
