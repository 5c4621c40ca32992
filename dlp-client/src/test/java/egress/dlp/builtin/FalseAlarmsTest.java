package egress.dlp.builtin;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import egress.dlp.BodySource;
import egress.dlp.Detector;
import egress.dlp.Finding;
import egress.dlp.Finding.Span;
import egress.dlp.HeaderField;
import egress.dlp.Profile;
import egress.dlp.ScanOptions;
import egress.dlp.ScanRequest;
import egress.dlp.ScanVerdict;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * False alarms by group and profile, on real files and on heads of web traffic. Without a property it draws a few files of the JDK that
 * runs it and of this repository; {@code -Degress.corpus=ROOT:ROOT…} names folders and archives of its own, and
 * {@code -Degress.corpus.most=N} how many files are drawn of them. {@code -Degress.corpus.show=true} prints what was found where.
 */
final class FalseAlarmsTest {
    private static final long SEED = Long.getLong("egress.corpus.seed", 20_261_130L);
    private static final String ROOTS = System.getProperty("egress.corpus", "");
    private static final int MOST = Integer.getInteger("egress.corpus.most", 300);
    private static final boolean SHOW = Boolean.getBoolean("egress.corpus.show");
    private static final int HEADS = Integer.getInteger("egress.corpus.heads", 10);

    private static final int LEAST_FOR_A_RATE = 1000;
    private static final double MOST_ALARMS = 0.003;
    private static final Pattern LINK = Pattern.compile("https?://[a-z0-9.-]+/[^\\s\"'<>()\\\\`\\]}{|^]{4,400}");
    /** What is a key: that a test suite publishes it, nobody who reads the bytes can know. */
    private static final Set<String> KEYS =
            Set.of("private_key_block", "private_key_der", "putty_private_key", "jwk_private_key");

    private final Random random = new Random(SEED);
    private final BuiltInScanner scanner = new BuiltInScanner(new Kinds(random).secrets(), new byte[32], Runnable::run);
    private final Map<String, Integer> requests = new TreeMap<>();
    private final Map<Asked, Map<Detector, Integer>> blocked = new EnumMap<>(Asked.class);
    private final Map<Asked, Map<Detector, Integer>> warned = new EnumMap<>(Asked.class);
    private final Map<Asked, Integer> alarms = new EnumMap<>(Asked.class);
    private final Map<Asked, Integer> keys = new EnumMap<>(Asked.class);
    private final Set<String> shown = new TreeSet<>();

    /** What a route asks for. */
    private enum Asked {
        QUIET,
        BALANCED,
        STRICT,
        LISTED;

        ScanOptions options() {
            return switch (this) {
                case QUIET -> ScanOptions.defaults().withProfile(Profile.QUIET);
                case BALANCED -> ScanOptions.defaults();
                case STRICT -> ScanOptions.defaults().withProfile(Profile.STRICT);
                case LISTED -> ScanOptions.listed(Detector.of(Detector.Direction.OUTBOUND));
            };
        }
    }

    @Test
    void realFilesAndHeadsPass() throws IOException {
        List<CleanCorpus.Item> files = corpus().draw(MOST);
        Set<String> links = new LinkedHashSet<>();
        for (int i = 0; i < files.size(); i++) {
            CleanCorpus.Item file = files.get(i);
            String kind =
                    file.name().substring(file.name().lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
            scan(kind, file.name(), i % 2 == 0 ? upload(file) : toolResult(file));
            Matcher link = LINK.matcher(new String(file.bytes(), ISO_8859_1));
            for (int n = 0; n < 3 && link.find(); n++) {
                links.add(link.group());
            }
        }
        links.stream().limit(MOST).forEach(this::follow);
        RandomText text = new RandomText(random);
        for (WebHeads.Sort sort : WebHeads.sorts()) {
            for (int i = 0; i < HEADS; i++) {
                scan("head: " + sort.name(), sort.name(), sort.make().apply(text));
            }
        }
        for (CleanTraffic.Sort sort : CleanTraffic.sorts()) {
            for (int i = 0; i < HEADS; i++) {
                scan("made: " + sort.name(), sort.name(), sort.make().apply(text));
            }
        }
        report();
        int all = requests.values().stream().mapToInt(Integer::intValue).sum();
        int wrong = alarms.getOrDefault(Asked.BALANCED, 0);
        assertThat(wrong)
                .as("false alarms in balanced of %d requests, seed %d: %s", all, SEED, shown)
                .isLessThanOrEqualTo((int) (MOST_ALARMS * Math.max(all, LEAST_FOR_A_RATE)));
    }

    private static CleanCorpus corpus() throws IOException {
        CleanCorpus corpus = new CleanCorpus(SEED);
        if (!ROOTS.isEmpty()) {
            return corpus.add(ROOTS);
        }
        Path java = Path.of(System.getProperty("java.home"));
        for (Path root : List.of(
                java.resolve("conf"), java.resolve("legal"), java.resolve("lib/src.zip"), Path.of("src/main/java"))) {
            if (Files.exists(root)) {
                corpus.add(root.toString());
            }
        }
        return corpus;
    }

    private static ScanRequest upload(CleanCorpus.Item file) {
        List<HeaderField> fields = List.of(
                new HeaderField("content-type", "application/octet-stream"),
                new HeaderField("user-agent", "curl/8.5.0"));
        return new ScanRequest(
                "upload.example",
                "PUT",
                "/v1/files/17",
                fields,
                BodySource.of(file.bytes()),
                List.of(),
                ScanOptions.defaults());
    }

    /** As an agent tells a model what is in a file. */
    private static ScanRequest toolResult(CleanCorpus.Item file) {
        StringBuilder text = new StringBuilder();
        new String(file.bytes(), UTF_8).chars().forEach(c -> {
            switch (c) {
                case '\n' -> text.append("\\n");
                case '\r' -> text.append("\\r");
                case '\t' -> text.append("\\t");
                case '"' -> text.append("\\\"");
                case '\\' -> text.append("\\\\");
                default ->
                    text.append(c < ' ' ? String.format(Locale.ROOT, "\\u%04x", c) : Character.toString((char) c));
            }
        });
        String body =
                "{\"model\":\"m\",\"max_tokens\":1024,\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\","
                        + "\"tool_use_id\":\"toolu_01A09q90qw90lq917835lq9a\",\"content\":\"" + text + "\"}]}]}";
        List<HeaderField> fields = List.of(
                new HeaderField("content-type", "application/json"),
                new HeaderField("anthropic-version", "2023-06-01"));
        return new ScanRequest(
                "api.anthropic.com",
                "POST",
                "/v1/messages",
                fields,
                BodySource.of(text.isEmpty() ? new byte[0] : body.getBytes(UTF_8)),
                List.of(),
                ScanOptions.defaults());
    }

    private void follow(String link) {
        URI uri;
        try {
            uri = URI.create(link);
        } catch (IllegalArgumentException noLink) {
            return;
        }
        if (uri.getHost() != null) {
            String target = uri.getRawPath() + (uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery());
            List<HeaderField> fields =
                    List.of(new HeaderField("accept", "*/*"), new HeaderField("user-agent", "curl/8.5.0"));
            scan("head: link", link, ScanRequest.head(uri.getHost(), "GET", target, fields, ScanOptions.defaults()));
        }
    }

    private void scan(String kind, String name, ScanRequest request) {
        requests.merge(kind, 1, Integer::sum);
        for (Asked asked : Asked.values()) {
            ScanVerdict verdict = scanner.scanNow(request.withOptions(asked.options()));
            List<Finding> findings = switch (verdict) {
                case ScanVerdict.Clean clean -> clean.warnings();
                case ScanVerdict.Found found -> found.findings();
                case ScanVerdict.Refused refused -> {
                    alarms.merge(asked, 1, Integer::sum);
                    shown.add(name + ": " + refused);
                    yield List.of();
                }
                case ScanVerdict.Denied denied -> throw new AssertionError(denied.toString());
            };
            count(asked, findings, kind + " " + name, request);
        }
    }

    private void count(Asked asked, List<Finding> findings, String name, ScanRequest request) {
        Set<Detector> blocking = new TreeSet<>();
        Set<Detector> warning = new TreeSet<>();
        boolean key = false;
        boolean wrong = false;
        for (Finding each : findings) {
            (each.blocks() ? blocking : warning).add(each.category());
            boolean real = KEYS.contains(each.detector());
            key |= each.blocks() && real;
            wrong |= each.blocks() && !real;
            if (SHOW && (asked == Asked.STRICT || asked == Asked.LISTED || each.blocks())) {
                System.out.printf(
                        "# %s | %s | %s | %s | %s%n",
                        asked, each.blocks() ? "blocks" : "warns", each.detector(), name, shown(request, each));
            }
            if (each.blocks() && asked == Asked.BALANCED) {
                shown.add(name + ": " + each.detector());
            }
        }
        blocking.forEach(
                each -> blocked.computeIfAbsent(asked, _ -> new TreeMap<>()).merge(each, 1, Integer::sum));
        warning.forEach(
                each -> warned.computeIfAbsent(asked, _ -> new TreeMap<>()).merge(each, 1, Integer::sum));
        alarms.merge(asked, wrong ? 1 : 0, Integer::sum);
        keys.merge(asked, key && !wrong ? 1 : 0, Integer::sum);
    }

    private static String shown(ScanRequest request, Finding finding) {
        Span span = finding.cover().orElse(new Span(0, 0, 0));
        if (!finding.place().toString().contains("Body") || !(request.body() instanceof BodySource.Heap heap)) {
            return finding.place() + " " + request.target();
        }
        int from = (int) Math.max(0, span.start() - 40);
        int to = (int) Math.min(heap.bytes().length, span.end() + 20);
        String text = new String(heap.bytes(), from, Math.min(to - from, 300), ISO_8859_1);
        return text.replaceAll("[^ -~]+", " ");
    }

    private void report() {
        int all = requests.values().stream().mapToInt(Integer::intValue).sum();
        Map<String, Integer> sorts = new LinkedHashMap<>();
        requests.forEach((kind, n) ->
                sorts.merge(kind.contains(":") ? kind.substring(0, kind.indexOf(':')) : kind, n, Integer::sum));
        System.out.printf(Locale.ROOT, "%,d requests, seed %d: %s%n", all, SEED, sorts);
        System.out.println("| asked | false alarms | keys of test suites | blocked by group | warned by group |");
        System.out.println("|---|---|---|---|---|");
        List<String> rows = new ArrayList<>();
        for (Asked asked : Asked.values()) {
            int wrong = alarms.getOrDefault(asked, 0);
            rows.add(String.format(
                    Locale.ROOT,
                    "| %s | %d (%.2f%%) | %d | %s | %s |",
                    asked.name().toLowerCase(Locale.ROOT),
                    wrong,
                    100.0 * wrong / all,
                    keys.getOrDefault(asked, 0),
                    blocked.getOrDefault(asked, Map.of()),
                    warned.getOrDefault(asked, Map.of())));
        }
        rows.forEach(System.out::println);
    }
}
