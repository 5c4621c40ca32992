package egress.dlp.builtin.kind;

import static org.assertj.core.api.Assertions.assertThat;

import egress.dlp.BodySource;
import egress.dlp.Detector;
import egress.dlp.Finding;
import egress.dlp.Profile;
import egress.dlp.ScanOptions;
import egress.dlp.ScanRequest;
import egress.dlp.ScanVerdict;
import egress.dlp.builtin.BuiltInScanner;
import egress.dlp.builtin.Templates;
import egress.dlp.builtin.rule.DetectorFile;
import egress.dlp.builtin.rule.TokenRule;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * How much of each group is found, and what it does by profile: values of every kind, drawn from a seed, each in a text, in JSON, in a
 * line of settings, in base64, in hex and percent-encoded. Prints the table of {@code docs/dlp.md}.
 */
final class RecallByGroupTest {
    private static final long SEED = Long.getLong("egress.recall.seed", 20_271_113L);
    private static final boolean MISSES = Boolean.getBoolean("egress.recall.misses");
    private static final int DRAWS = Integer.getInteger("egress.recall.draws", 20);

    private final Random random = new Random(SEED);
    private final Drawn drawn = new Drawn(random);
    private final List<String> known =
            List.of(drawn.hex(32), drawn.of("abcdefghijkmnpqrstuvwxyzABCDEFGHJK23456789", 24));
    private final BuiltInScanner scanner = new BuiltInScanner(
            known.stream().map(each -> each.getBytes(StandardCharsets.US_ASCII)).toList(), new byte[32], Runnable::run);

    /** What a route asks for. */
    private enum Asked {
        STRICT,
        BALANCED,
        QUIET,
        LISTED;

        ScanOptions options(Detector group) {
            return switch (this) {
                case STRICT -> ScanOptions.defaults().withProfile(Profile.STRICT);
                case BALANCED -> ScanOptions.defaults();
                case QUIET -> ScanOptions.defaults().withProfile(Profile.QUIET);
                case LISTED -> ScanOptions.listed(List.of(group));
            };
        }
    }

    private record Row(Detector group, String what, List<String> values, boolean encodable) {}

    private static final class Tally {
        int blocked;
        int warned;
        int all;

        void add(List<Finding> found, Detector group) {
            List<Finding> those =
                    found.stream().filter(each -> each.category() == group).toList();
            boolean blocks = those.stream().anyMatch(Finding::blocks);
            blocked += blocks ? 1 : 0;
            warned += blocks || those.isEmpty() ? 0 : 1;
            all++;
        }

        double found() {
            return (double) (blocked + warned) / all;
        }

        String shown() {
            String share = String.format(Locale.ROOT, "%.1f%%", 100 * found());
            return blocked + warned == 0 ? "off" : share + (blocked > warned ? " blocked" : " warned");
        }
    }

    @Test
    void everyGroupIsFoundAndDoesWhatItsProfileSays() throws IOException {
        Map<Row, Map<Asked, Tally>> all = new LinkedHashMap<>();
        for (Row row : rows()) {
            Map<Asked, Tally> tallies = new EnumMap<>(Asked.class);
            for (String value : row.values()) {
                for (String body : dresses(value, row.encodable())) {
                    for (Asked asked : Asked.values()) {
                        List<Finding> found = findings(body, asked.options(row.group()));
                        tallies.computeIfAbsent(asked, _ -> new Tally()).add(found, row.group());
                        if (MISSES && asked == Asked.LISTED && found.isEmpty()) {
                            System.out.println("missed: " + row.what() + " | " + body.replace("\n", "\\n"));
                        }
                    }
                }
            }
            all.put(row, tallies);
        }
        System.out.println(table(all));
        all.forEach((row, tallies) -> {
            double least = row.group() == Detector.ASSIGNED_SECRETS ? 0.95 : 0.99;
            for (Asked asked : List.of(Asked.STRICT, Asked.LISTED)) {
                assertThat(tally(tallies, asked).found())
                        .as("%s, %s, seed %d", row.what(), asked, SEED)
                        .isGreaterThanOrEqualTo(least);
            }
            boolean off = row.group() == Detector.WALLET_ADDRESSES || row.group() == Detector.PERSONAL_DATA;
            for (Asked asked : List.of(Asked.BALANCED, Asked.QUIET)) {
                assertThat(tally(tallies, asked).found())
                        .as("%s, %s, seed %d", row.what(), asked, SEED)
                        .satisfies(share -> assertThat(off ? 1 - share : share).isGreaterThanOrEqualTo(least));
            }
        });
    }

    /** What the table above first showed to be missed. */
    @Test
    void whatStandsInAFormBehindAnEscapeOrInBase64IsFound() throws IOException {
        Templates templates = new Templates(random);
        String key = "0x" + drawn.hex(64);
        String armour =
                "-----BEGIN RSA PRIVATE KEY-----\n" + Base64.getEncoder().encodeToString(drawn.bytes(96)) + "\n";
        List<String> bodies = List.of(
                "text=" + URLEncoder.encode("see: " + armour, StandardCharsets.UTF_8),
                "text=" + URLEncoder.encode("{\"private_key\": \"" + key + "\"}", StandardCharsets.UTF_8),
                "{\"content\":\"new ethers.Wallet(\\\"" + key + "\\\")\"}",
                "{\"content\":\"{\\\"accounts\\\": [\\\"" + key + "\\\"]}\"}",
                "{\"content\":\"see:\\n" + templates.expand("postgres://app:<16:A-Za-z0-9>@db.example:5432/app")
                        + " .\"}",
                "{\"content\":\"see:\\n" + templates.expand("mongodb+srv://u:<16:A-Za-z0-9>@cluster0.example/x")
                        + "\"}",
                "{\"content\":\"see:\\n" + templates.expand("<3:A-Za-z0-9>8Q~<34:A-Za-z0-9>") + "\\nend\"}");
        for (String body : bodies) {
            assertThat(findings(body, ScanOptions.defaults()))
                    .as("%s, seed %d", body, SEED)
                    .anyMatch(Finding::blocks);
        }
        for (List<String> list : Drawn.wordLists()) {
            String text = "see: " + String.join(" ", drawn.phrase(list, 12)) + " .";
            String body =
                    "{\"data\":\"" + Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8)) + "\"}";
            assertThat(findings(body, ScanOptions.listed(List.of(Detector.WALLET_KEYS))))
                    .as("%s, seed %d", text, SEED)
                    .anyMatch(each -> each.detector().equals("seed_phrase"));
        }
    }

    private static Tally tally(Map<Asked, Tally> tallies, Asked asked) {
        return tallies.getOrDefault(asked, new Tally());
    }

    private static String table(Map<Row, Map<Asked, Tally>> all) {
        StringBuilder out = new StringBuilder(
                "| group | bodies | `strict` | `balanced` | `quiet` | listed |\n|---|---|---|---|---|---|\n");
        all.forEach((row, tallies) -> {
            out.append("| ").append(row.what()).append(" | ").append(tally(tallies, Asked.STRICT).all);
            for (Asked asked : Asked.values()) {
                out.append(" | ").append(tally(tallies, asked).shown());
            }
            out.append(" |\n");
        });
        return out + "seed " + SEED;
    }

    private List<Row> rows() throws IOException {
        List<Row> out = new ArrayList<>();
        out.add(new Row(Detector.TOKEN_PATTERNS, "`token_patterns`", examples(Detector.TOKEN_PATTERNS), true));
        out.add(new Row(Detector.KNOWN_SECRETS, "`known_secrets`", known, true));
        out.add(new Row(Detector.ASSIGNED_SECRETS, "`assigned_secrets`", assigned(), false));
        out.add(new Row(Detector.WALLET_KEYS, "`wallet_keys`", keys(), true));
        out.add(new Row(Detector.WALLET_KEYS, "`wallet_keys`, seed phrases", phrases(), false));
        out.add(new Row(Detector.PAYMENT_DATA, "`payment_data`", payments(), false));
        out.add(new Row(Detector.WALLET_ADDRESSES, "`wallet_addresses`", addresses(), false));
        out.add(new Row(Detector.PERSONAL_DATA, "`personal_data`, tables", tables(), false));
        return out;
    }

    private List<String> examples(Detector group) {
        List<String> out = new ArrayList<>();
        Templates templates = new Templates(random);
        for (TokenRule rule : DetectorFile.read()) {
            for (String example : rule.detector() == group ? rule.examples() : List.<String>of()) {
                for (int i = 0; i < Math.max(1, DRAWS / 10); i++) {
                    out.add(templates.expand(example));
                }
            }
        }
        return out;
    }

    private List<String> assigned() {
        List<String> out = new ArrayList<>();
        for (String form : List.of("password = \"%s\"", "API_KEY=%s", "client_secret: %s", "\"auth_token\": \"%s\"")) {
            for (int i = 0; i < DRAWS; i++) {
                out.add(form.formatted(drawn.of("abcdefghijkmnpqrstuvwxyzABCDEFGHJK23456789", 20)));
            }
        }
        return out;
    }

    private List<String> keys() {
        List<String> out = examples(Detector.WALLET_KEYS);
        for (int i = 0; i < DRAWS; i++) {
            out.add(drawn.base58(new byte[] {(byte) 0x80}, 32));
            out.add(drawn.base58(new byte[] {(byte) 0x80}, 32, (byte) 1));
        }
        return out;
    }

    private List<String> phrases() throws IOException {
        List<String> out = new ArrayList<>();
        for (List<String> list : Drawn.wordLists()) {
            for (int i = 0; i < DRAWS; i++) {
                out.add(String.join(" ", drawn.phrase(list, 12 + 3 * (i % 5))));
            }
        }
        return out;
    }

    private List<String> payments() {
        List<String> out = new ArrayList<>();
        for (int i = 0; i < DRAWS; i++) {
            String card = drawn.luhn(List.of("4", "53", "2301", "6011").get(i % 4), 16);
            out.add(card);
            out.add(card.replaceAll("(\\d{4})(?=\\d)", "$1 "));
            out.add(drawn.luhn("37", 15));
            out.add(drawn.iban("DE", "18n"));
            out.add(drawn.iban("FR", "10n11c2n"));
            out.add(drawn.iban("GB", "4a14n").replaceAll("(.{4})(?=.)", "$1 "));
        }
        return out;
    }

    private List<String> addresses() {
        List<String> out = new ArrayList<>();
        for (int i = 0; i < DRAWS; i++) {
            out.add(drawn.base58(new byte[] {0}, 20));
            out.add(drawn.base58(new byte[] {5}, 20));
            out.add("wallet 0x" + drawn.hex(40));
        }
        return out;
    }

    private List<String> tables() {
        List<String> given = List.of("Anna", "Chiara", "Farid", "Greta", "Jonas", "Pavel", "Rosa", "Noor");
        List<String> family = List.of("Bianchi", "Castillo", "Eriksen", "Fischer", "Kowalski", "Moreau", "Tanaka");
        List<String> out = new ArrayList<>();
        for (int i = 0; i < DRAWS; i++) {
            String between = List.of(",", ";", " | ", "\t", "     ").get(i % 5);
            StringBuilder table = new StringBuilder(String.join(between, "name", "born", "phone"));
            for (int n = 0; n < 6; n++) {
                String name = given.get(random.nextInt(given.size())) + " " + family.get((i + n) % family.size());
                String born =
                        "19%02d-0%d-1%d".formatted(40 + random.nextInt(59), 1 + random.nextInt(9), random.nextInt(10));
                table.append('\n')
                        .append(String.join(between, name, born, "+49 150 " + (1_000_000 + random.nextInt(8_000_000))));
            }
            out.add(table.append('\n').toString());
        }
        return out;
    }

    private static List<String> dresses(String value, boolean encodable) {
        byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        List<String> out = new ArrayList<>();
        out.add("Here it is:\n" + value + "\nand so on.\n");
        out.add("{\"role\":\"user\",\"content\":\"see:\\n" + escaped(value) + " .\"}");
        out.add("{\"data\":\""
                + Base64.getEncoder().encodeToString(("see:\n" + value + "\n").getBytes(StandardCharsets.UTF_8))
                + "\"}");
        if (encodable) {
            out.add("{\"data\":\"" + HexFormat.of().formatHex(bytes) + "\"}");
            out.add("text=" + URLEncoder.encode("see:\n" + value + " .", StandardCharsets.UTF_8) + "&lang=en");
        }
        return out;
    }

    private static String escaped(String text) {
        return text.replace("\\", "\\\\")
                .replace("\"", "\\\"")
                .replace("\n", "\\n")
                .replace("\t", "\\t");
    }

    private List<Finding> findings(String body, ScanOptions options) {
        ScanRequest request = new ScanRequest(
                "api.example",
                "POST",
                "/",
                List.of(),
                BodySource.of(body.getBytes(StandardCharsets.UTF_8)),
                List.of(),
                options);
        return switch (scanner.scanNow(request)) {
            case ScanVerdict.Clean clean -> clean.warnings();
            case ScanVerdict.Found found -> found.findings();
            case ScanVerdict.Refused refused -> throw new AssertionError(refused.toString());
            case ScanVerdict.Denied denied -> throw new AssertionError(denied.toString());
        };
    }
}
