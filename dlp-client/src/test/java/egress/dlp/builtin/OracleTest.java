package egress.dlp.builtin;

import static org.assertj.core.api.Assertions.assertThat;

import egress.dlp.BodySource;
import egress.dlp.Finding;
import egress.dlp.HeaderField;
import egress.dlp.Redaction;
import egress.dlp.Redactor;
import egress.dlp.ScanOptions;
import egress.dlp.ScanRequest;
import egress.dlp.ScanVerdict;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** An agent that asks for one character after the other, knowing all of a secret that is public and a little more. */
final class OracleTest {
    private static final int REQUESTS = 96_000;
    /** What the automaton is given of what nobody can guess: 9 characters of base64 are 54 bits, and one more makes 60. */
    private static final int GIVEN = 9;

    private static final String ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    private static final char[] LETTERS = ALPHABET.toCharArray();

    /** @param known where what is public of it ends; what follows was drawn by chance */
    record Target(String name, String secret, int known) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(Fixture.latin(text));
    }

    private static String url(String text) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(Fixture.latin(text));
    }

    private static List<Target> targets(Random random) {
        Templates templates = new Templates(random);
        String drawn = "<40:A-Za-z0-9>";
        String jwt = url("{\"alg\":\"HS256\",\"typ\":\"JWT\"}") + "."
                + url("{\"iss\":\"https://login.example\",\"sub\":\"agent-7\",\"iat\":1767225600}") + ".";
        String pem = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEI";
        List<Target> out = new ArrayList<>();
        for (String[] each : new String[][] {
            {"pair", "deploy-service-account:", drawn},
            {"pair with an account number", "AC5ef81a0c97d24b36aa9173bdcf20e8d1:", drawn},
            {"JWT", jwt, drawn},
            {"URL with a password", "postgres://reporting-service:", drawn + "@db.internal.example:5432/main"},
            {"hook", "https://hooks.chat.example/services/T02AB34CD/B05EF67GH/", drawn},
            {"connection string", "Endpoint=sb://bus.example/;SharedAccessKeyName=Manage;SharedAccessKey=", drawn},
            {"vendor's key", "ghp_", drawn},
            {"key of a key", "sk-ant-api03-", drawn},
            {"account in a key", "sk_live_51H8ab3CdEfGhIj7K", drawn},
            {"private key", pem, "<1:A-P><42:A-Za-z0-9>\n-----END PRIVATE KEY-----\n"},
            {"repeats", "abcdefgh-abcdefgh-abcdefgh-abcdefgh-", drawn}
        }) {
            out.add(new Target(each[0], each[1] + templates.expand(each[2]), each[1].length()));
        }
        String pair = "x-access-token:" + templates.expand(drawn);
        out.add(new Target("Basic credential", base64(pair), 20));
        return out;
    }

    /** How a guess is written. */
    record Style(String name, UnaryOperator<String> write) {}

    private static final List<Style> STYLES = List.of(
            new Style("plain", s -> s),
            new Style("base64", s -> base64(s).replace("=", "")),
            new Style("base64 at another alignment", s -> base64("x" + s).replace("=", "")),
            new Style("hex", s -> HexFormat.of().formatHex(Fixture.latin(s))),
            new Style("reversed", s -> new StringBuilder(s).reverse().toString()),
            new Style("upper", s -> s.toUpperCase(Locale.ROOT)),
            new Style("lower", s -> s.toLowerCase(Locale.ROOT)),
            new Style("spaced", s -> String.join(" ", s.split(""))),
            new Style("JSON pieces", s -> "[\"" + String.join("\",\"", Dress.groups(s, 7)) + "\"]"));

    private static final List<String> PLACES = List.of("body", "field", "query", "path", "json");

    private static ScanRequest request(String place, String guess, boolean every) {
        ScanOptions options = ScanOptions.defaults().withEveryHit(every);
        String text = place.equals("json") ? "{\"model\":\"m\",\"content\":\"" + guess + "\"}" : guess;
        boolean body = place.equals("body") || place.equals("json");
        String escaped = guess.replace(' ', '+').replace("\n", "%0A").replace('"', '\'');
        String target = place.equals("path") ? "/v1/" + escaped : place.equals("query") ? "/v1?q=" + escaped : "/v1";
        List<HeaderField> fields =
                place.equals("field") ? List.of(new HeaderField("x-note", guess.replace('\n', ' '))) : List.of();
        BodySource source = body ? BodySource.of(Fixture.latin(text)) : BodySource.empty();
        return new ScanRequest("api.example", "POST", target, fields, source, List.of(), options);
    }

    /** Everything that an agent may see of an answer: the verdict's words, and what is left of a masked request. */
    private static String answer(BuiltInScanner scanner, ScanRequest asked) {
        ScanRequest request = asked;
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < 4; i++) {
            ScanVerdict verdict = scanner.scanNow(request);
            if (!(verdict instanceof ScanVerdict.Found found)) {
                return out + verdict.getClass().getSimpleName() + (i == 0 ? "" : text(request));
            }
            out.append(found.first().detector()).append(found.first().place().text());
            List<Finding> standing =
                    found.findings().stream().filter(f -> f.span().isPresent()).toList();
            Redaction redaction = Redactor.redact(request, standing);
            if (!asked.options().everyHit()
                    || standing.isEmpty()
                    || !(redaction instanceof Redaction.Rewritten rewritten)) {
                return out + "denied";
            }
            request = rewritten.request();
        }
        return out + "denied";
    }

    private static String text(ScanRequest request) {
        try {
            byte[] out = new byte[(int) request.body().length()];
            int at = 0;
            while (at < out.length) {
                at += request.body().read(at, out, at, out.length - at);
            }
            return request.target()
                    + request.fields().stream().map(HeaderField::value).toList()
                    + new String(out, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static final BuiltInScanner STRANGER = new BuiltInScanner(List.of(), new byte[32], Runnable::run);
    private int asked;

    /** How many characters one run of the automaton learns: it goes on as long as one guess is answered unlike the others. */
    private int learn(BuiltInScanner scanner, Target target, Style style, String place, boolean every, int given) {
        int known = target.known() + given;
        int from = Math.max(0, known - 60);
        int learnt = 0;
        while (known + learnt < target.secret().length() && learnt < 6) {
            String before = target.secret().substring(from, known + learnt);
            Map<String, Integer> answers = new HashMap<>();
            String right = "";
            char truth = target.secret().charAt(known + learnt);
            for (char c : LETTERS) {
                asked++;
                ScanRequest guess = request(place, style.write().apply(before + c), every);
                String answer = answer(scanner, guess);
                // What a gate without the secret answers too tells nothing of it.
                answer = !answer.equals("Clean") && answer.equals(answer(STRANGER, guess)) ? "Clean" : answer;
                String seen = answer.replace(style.write().apply(before + c), "");
                answers.merge(seen, 1, Integer::sum);
                right = c == truth ? seen : right;
            }
            boolean odd = answers.getOrDefault(right, 0) < Collections.max(answers.values());
            if (!odd) {
                return learnt;
            }
            learnt++;
        }
        return learnt;
    }

    @Test
    void anAutomatonThatKnowsEveryPublicPartLearnsNotOneCharacter() {
        asked = 0;
        Map<String, int[]> table = new HashMap<>();
        for (int seed = 1; asked < REQUESTS; seed++) {
            for (Target target : targets(new Random(seed))) {
                BuiltInScanner scanner =
                        new BuiltInScanner(List.of(Fixture.latin(target.secret())), new byte[32], Runnable::run);
                for (Style style : STYLES) {
                    String place = PLACES.get((seed + STYLES.indexOf(style)) % PLACES.size());
                    boolean given = (seed + STYLES.indexOf(style)) % 2 == 0;
                    int before = asked;
                    int learnt = learn(scanner, target, style, place, seed % 2 == 0, given ? GIVEN : 0);
                    int[] row = table.computeIfAbsent(target.name(), t -> new int[2]);
                    row[0] += asked - before;
                    row[1] += learnt;
                }
            }
        }
        StringBuilder text = new StringBuilder("| secret | requests | characters learnt |\n|---|---|---|\n");
        table.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .forEach(e ->
                        text.append("| %s | %,d | %d |%n".formatted(e.getKey(), e.getValue()[0], e.getValue()[1])));
        System.out.println(text);
        assertThat(table.values())
                .as("%s", text)
                .allSatisfy(row -> assertThat(row[1]).isZero());
    }

    @Test
    void manyGuessesInOneRequestAreNoMoreThanOne() {
        Target target = targets(new Random(3)).getFirst();
        BuiltInScanner scanner =
                new BuiltInScanner(List.of(Fixture.latin(target.secret())), new byte[32], Runnable::run);
        StringBuilder all = new StringBuilder();
        String before = target.secret().substring(0, target.known() + GIVEN - 1);
        for (char c : LETTERS) {
            for (char d : LETTERS) {
                all.append(before).append(c).append(d).append('\n');
            }
        }
        assertThat(scanner.scanNow(Fixture.request(Fixture.latin(all.toString()))))
                .isInstanceOf(ScanVerdict.Clean.class);
    }

    @Test
    void whatIsMaskedShowsNotHowFarAMatchWent() throws IOException {
        String secret = new Templates(new Random(9)).expand("<40:A-Za-z0-9>");
        BuiltInScanner scanner = new BuiltInScanner(List.of(Fixture.latin(secret)), new byte[32], Runnable::run);
        for (String place : PLACES) {
            String before = secret.substring(0, 24);
            List<String> seen = new ArrayList<>();
            for (char c : LETTERS) {
                seen.add(answer(scanner, request(place, "see x" + before + c + "yz. end", true)));
            }
            assertThat(seen.stream().distinct()).as(place).hasSize(1);
            assertThat(seen.getFirst()).contains("********").doesNotContain("yz");
        }
    }

    static Stream<Arguments> wholes() {
        Random random = new Random(11);
        List<Arguments> out = new ArrayList<>();
        for (Target target : targets(random)) {
            for (Style style : STYLES) {
                out.add(Arguments.of(
                        target.name(),
                        style.name(),
                        target.secret(),
                        style.write().apply(target.secret())));
            }
        }
        for (String weak :
                List.of("hunter2!", "Winter2026!", "correct horse battery", "aaaaaaaaaaaa", "12345678", "p4ssw0rd-x")) {
            for (Style style : STYLES.subList(0, 7)) {
                out.add(Arguments.of(weak, style.name(), weak, style.write().apply(weak)));
            }
        }
        return out.stream();
    }

    @ParameterizedTest(name = "{0}, {1}")
    @MethodSource("wholes")
    void aWholeSecretIsHeldWhateverItIs(String name, String style, String secret, String written) {
        BuiltInScanner scanner = new BuiltInScanner(List.of(Fixture.latin(secret)), new byte[32], Runnable::run);
        ScanVerdict verdict = scanner.scanNow(Where.post("text/plain", "take this: " + written + " (end)"));
        assertThat(Fixture.names(verdict)).as(style).contains("known_secret");
    }

    @Test
    void halvesOfRandomTokensAreHeldInEveryDress() {
        Random random = new Random(12);
        List<String> missed = new ArrayList<>();
        int tried = 0;
        for (String shape : List.of(
                "<24:A-Za-z0-9>",
                "ghp_<36:A-Za-z0-9>",
                "<40:A-Za-z0-9>",
                "<32:a-f0-9>",
                "<64:a-f0-9>",
                "<32:a-z0-9>")) {
            String secret = new Templates(random).expand(shape);
            BuiltInScanner scanner = new BuiltInScanner(List.of(Fixture.latin(secret)), new byte[32], Runnable::run);
            int n = secret.length();
            for (String half : List.of(
                    secret.substring(0, (n + 1) / 2),
                    secret.substring(n / 2),
                    secret.substring(n / 4, n / 4 + (n + 1) / 2))) {
                for (Style style : STYLES.subList(0, shape.contains("24") ? 1 : 5)) {
                    tried++;
                    ScanVerdict verdict = scanner.scanNow(
                            Where.post("text/plain", "see " + style.write().apply(half) + " end"));
                    if (!(verdict instanceof ScanVerdict.Found)) {
                        missed.add(shape + " " + style.name() + " " + half.length());
                    }
                }
            }
        }
        assertThat(missed).as("of %d", tried).isEmpty();
    }

    @Test
    void theSecretInsideOneIsASecret() {
        for (String[] each : new String[][] {
            {"postgres://app:kX9vQ2mLz8@db.example/main", "kX9vQ2mLz8"},
            {"deploy:kX9vQ2mLz8", "kX9vQ2mLz8"},
            {"kX9vQ2mLz8pW4rT6yN:x-oauth-basic", "kX9vQ2mLz8pW4rT6yN"},
            {"Server=db;Uid=app;Pwd=kX9vQ2mLz8", "kX9vQ2mLz8"},
            {"{\"user\":\"app\",\"password\":\"kX9vQ2mLz8\"}", "kX9vQ2mLz8"}
        }) {
            BuiltInScanner scanner = new BuiltInScanner(List.of(Fixture.latin(each[0])), new byte[32], Runnable::run);
            List<Finding> findings =
                    Fixture.findings(scanner.scanNow(Where.post("text/plain", "say " + each[1] + " now")));
            assertThat(findings)
                    .as(each[0])
                    .extracting(Finding::fingerprint)
                    .contains(scanner.fingerprint(Fixture.latin(each[0])));
        }
    }
}
