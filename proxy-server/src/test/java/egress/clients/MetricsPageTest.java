package egress.clients;

import static org.assertj.core.api.Assertions.assertThat;

import egress.server.ProxyUnderTest;
import egress.testkit.Alpn;
import egress.testkit.FreePort;
import egress.testkit.TestCa;
import egress.testkit.Tool;
import egress.testkit.client.RawClient;
import egress.testkit.origin.Origin;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What {@code /metrics} serves, read by Prometheus's own parser and held to docs/metrics.md. */
final class MetricsPageTest {
    private static final Pattern ROW = Pattern.compile(
            "^\\| `(egress_[a-z0-9_]+)` \\| (counter|gauge|histogram) \\| [^|]+ \\| (?:`([a-z ]+)`)? ?\\| [^|]+ \\|$");
    private static final Pattern NAME = Pattern.compile("egress_[a-z0-9_]+");
    private static final String TOKEN = "gate-token-0123456789";
    private static final String ROUTES = """
            routes:
              - host: api.example
                auth: {scheme: Bearer, token_env: EGRESS_TOKEN_0}
              - host: held.example
                ask: later
                dlp: {outbound_on_match: supervise}
              - host: through.example
                tls: passthrough
            """;

    private static Path root() {
        return Path.of(System.getProperty("egress.root"));
    }

    /** Everything that is only there once it happened, happens. */
    private static String scraped(Path directory) throws Exception {
        TestCa authority = TestCa.create("origin authority");
        try (Origin origin =
                        Origin.tls(authority.leaf("api.example", "held.example", "through.example"), Alpn.H2_AND_H1);
                ProxyUnderTest proxy = ProxyUnderTest.with()
                        .routes(ROUTES)
                        .environment("EGRESS_TOKEN_0", TOKEN)
                        .environment("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:" + FreePort.find())
                        .origin("api.example:443", origin)
                        .origin("held.example:443", origin)
                        .origin("through.example:443", origin)
                        .trust(authority)
                        .flags("--dlp-known-hits", "1/10m")
                        .flags("--ask-queue", directory.resolve("queue").toString())
                        .flags("--flows", directory.resolve("flows.jsonl").toString())
                        .flags(
                                "--shadow-routes",
                                Files.writeString(directory.resolve("shadow.yaml"), "routes: []")
                                        .toString())
                        .start()) {
            ask(proxy, "held.example", "/echo?q=ghp_" + "a1B2c3D4e5F6".repeat(3));
            ask(proxy, "api.example", "/echo");
            try (RawClient refused = proxy.connect()) {
                refused.connectMethod("api.example:22");
            }
            proxy.reload(ROUTES);
            ask(proxy, "api.example", "/echo?q=" + TOKEN); // locks it out
            proxy.awaitExchanges(3);
            try (RawClient admin = RawClient.connect(proxy.admin())) {
                return admin.get("/metrics", "localhost").text();
            }
        }
    }

    private static void ask(ProxyUnderTest proxy, String host, String target) throws IOException {
        try (RawClient client = proxy.connect(host + ":443")) {
            client.get(target, host);
        }
    }

    private static List<String> documented() throws IOException {
        List<String> rows = new ArrayList<>();
        for (String line : Files.readAllLines(root().resolve("docs/metrics.md"))) {
            Matcher row = ROW.matcher(line);
            if (row.matches()) {
                String labels = row.group(3) == null ? "" : row.group(3);
                rows.add(row.group(1) + "\t" + row.group(2) + "\t"
                        + String.join(" ", new TreeSet<>(List.of(labels.split(" ")))));
            }
        }
        return rows;
    }

    @Test
    @Timeout(value = 5, unit = TimeUnit.MINUTES)
    void whatIsServedIsWhatTheDocumentSaysAndNothingElse(@TempDir Path directory) throws Exception {
        Tool parser = Tool.of(Packages.python());
        String families = parser.runWithInput(
                        scraped(directory), Surroundings.program("metrics.py").toString())
                .ok()
                .out();
        assertThat(families.lines()).containsExactlyInAnyOrderElementsOf(documented());
    }

    @Test
    void alertsAndDashboardAskForMetricsThatThereAre() throws Exception {
        List<String> names = documented().stream()
                .map(row -> row.substring(0, row.indexOf('\t')))
                .toList();
        for (String file : List.of("alerts.yaml", "dashboard.json")) {
            String text = Files.readString(root().resolve("examples/monitoring").resolve(file));
            assertThat(NAME.matcher(text)
                            .results()
                            .map(found -> found.group().replaceFirst("_(bucket|count|sum)$", "")))
                    .describedAs(file)
                    .isNotEmpty()
                    .filteredOn(name -> !name.equals("egress_locked") && !name.equals("egress_reload_failed"))
                    .filteredOn(name -> !name.equals("egress_ask_refused")) // events
                    .isSubsetOf(names);
        }
    }
}
