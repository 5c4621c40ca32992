package egress.dlp.builtin;

import static org.assertj.core.api.Assertions.assertThat;

import egress.dlp.BodySource;
import egress.dlp.Finding;
import egress.dlp.HeaderField;
import egress.dlp.MessageScanner;
import egress.dlp.Pace;
import egress.dlp.Place;
import egress.dlp.ScanOptions;
import egress.dlp.ScanRequest;
import egress.dlp.ScanVerdict;
import egress.dlp.SentBefore;
import egress.dlp.SentValues;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What leaves in parts, over many requests and messages. */
final class SplitOverTimeTest {
    private static final String SECRET = "q8ZtW3nRb5KxJ7vLc2Hy9MdPfG4sTa6E";
    private static final int PART = 6;
    private static final long MINUTE = 60_000_000_000L;

    private final Templates templates = new Templates(new Random(17));
    private final String token = templates.expand("ghp_<36:A-Za-z0-9>");
    private final BuiltInScanner scanner =
            new BuiltInScanner(List.of(Fixture.latin(SECRET)), new byte[32], Runnable::run);
    private final AtomicLong now = new AtomicLong();
    private final SentValues sent = memory();

    private SentValues memory() {
        return new SentValues(new SentValues.Key(3, 4), now::get, bytes -> true);
    }

    /** How a part is sent in a request of its own. */
    enum Way {
        QUERY,
        OTHER_PARAMETERS,
        PATH,
        HOST,
        FIELD,
        COOKIE,
        JSON,
        JSON_RPC,
        FORM,
        XML,
        MULTIPART,
        PLAIN,
        EACH_ANOTHER;

        ScanRequest request(String part, int i) {
            String id = String.format(Locale.ROOT, "%08x-%04x", i * 2_654_435_761L & 0xffffffffL, i);
            return switch (this) {
                case QUERY -> get("api.example", "/v1/q?c=" + part + "&t=1767" + (i * 7919 + 100_000), List.of());
                case OTHER_PARAMETERS -> get("api.example", "/v1/q?" + name(i) + "=" + part, List.of());
                case PATH -> get("api.example", "/v1/items/" + part, List.of());
                case HOST -> get(part.toLowerCase(Locale.ROOT) + ".x.example", "/", List.of());
                case FIELD -> get("api.example", "/", List.of(new HeaderField("x-note", part), id(id)));
                case COOKIE -> get("api.example", "/", List.of(new HeaderField("cookie", "a=b; c=" + part), id(id)));
                case JSON -> post("application/json", "{\"id\":\"" + id + "\",\"note\":\"" + part + "\"}");
                case JSON_RPC ->
                    post(
                            "application/json",
                            "{\"jsonrpc\":\"2.0\",\"id\":" + i
                                    + ",\"method\":\"tools/call\",\"params\":{\"name\":\"put\","
                                    + "\"arguments\":{\"text\":\"" + part + "\"}}}");
                case FORM -> post("application/x-www-form-urlencoded", "seq=" + i + "&d=" + part);
                case XML -> post("text/xml", "<a><id>" + id + "</id><b>" + part + "</b></a>");
                case MULTIPART ->
                    post(
                            "multipart/form-data; boundary=xyz",
                            "--xyz\r\nContent-Disposition: form-data; name=\"f\"\r\n\r\n" + part + "\r\n--xyz--\r\n");
                case PLAIN -> post("text/plain", part + "\n");
                case EACH_ANOTHER ->
                    List.of(QUERY, JSON, PLAIN, PATH).get(i % 4).request(part, i);
            };
        }

        private static String name(int i) {
            return "abcdefghijklmnopqrstuvwxyz".substring(i % 20, i % 20 + 3);
        }

        private static HeaderField id(String id) {
            return new HeaderField("x-request-id", id);
        }
    }

    private static ScanRequest get(String host, String target, List<HeaderField> fields) {
        return new ScanRequest(host, "GET", target, fields, BodySource.empty(), List.of(), ScanOptions.defaults());
    }

    private static ScanRequest post(String type, String body) {
        return Fixture.request(Fixture.latin(body), new HeaderField("content-type", type));
    }

    private ScanVerdict ask(ScanRequest request) {
        return ask(request, sent);
    }

    private ScanVerdict ask(ScanRequest request, SentValues with) {
        return scanner.scan(request, Pace.FREE, new SentBefore(() -> with, false))
                .toCompletableFuture()
                .join();
    }

    private static List<String> parts(String value, int size) {
        return Dress.groups(value, size);
    }

    /** The parts that left, one request each; as many as there are where none was stopped. */
    private int left(List<String> parts, Way way) {
        for (int i = 0; i < parts.size(); i++) {
            if (!(ask(way.request(parts.get(i), i)) instanceof ScanVerdict.Clean)) {
                return i;
            }
        }
        return parts.size();
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void aKnownSecretIsStoppedOnceItsPartsAreWorthAGuess(Way way) {
        int left = left(parts(SECRET, PART), way);
        System.out.printf(
                "| known secret of %d | parts of %d | %s | part %d stopped |%n", SECRET.length(), PART, way, left + 1);
        assertThat(left).isLessThanOrEqualTo(way == Way.HOST ? 2 : 1);
    }

    @ParameterizedTest
    @EnumSource(value = Way.class, mode = EnumSource.Mode.EXCLUDE, names = "HOST")
    void aTokenIsStoppedAtItsLastPart(Way way) {
        List<String> parts = parts(token, PART);
        int left = left(parts, way);
        System.out.printf(
                "| token of %d | parts of %d | %s | part %d of %d stopped |%n",
                token.length(), PART, way, left + 1, parts.size());
        assertThat(left).isLessThan(parts.size());
    }

    @ParameterizedTest
    @EnumSource(value = Way.class, mode = EnumSource.Mode.EXCLUDE, names = "HOST")
    void aTokenThatLeavesItsLastPartFirstIsStoppedAtItsBeginning(Way way) {
        List<String> parts = parts(token, PART).reversed();
        assertThat(left(parts, way)).isLessThan(parts.size());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 8})
    void partsMayBeOfAnySize(int size) {
        for (Way way : List.of(Way.QUERY, Way.PATH, Way.JSON_RPC, Way.PLAIN)) {
            SentValues own = memory();
            List<String> parts = parts(SECRET, size);
            int left = 0;
            while (left < parts.size() && ask(way.request(parts.get(left), left), own) instanceof ScanVerdict.Clean) {
                left++;
            }
            assertThat(left * size).as(way + " " + size).isLessThan(SECRET.length() - size);
        }
    }

    static Stream<Arguments> labels() {
        return Stream.of("part%d:", "[%d/6] ", "%d-", "chunk %d of 6: ", "p_%02d=", "#%d.")
                .map(Arguments::of);
    }

    @ParameterizedTest
    @MethodSource("labels")
    void whatNumbersThePartsIsTakenOff(String label) {
        List<Integer> order = new ArrayList<>(IntStream.range(0, 6).boxed().toList());
        Collections.shuffle(order, new Random(5));
        List<String> parts = parts(SECRET, PART);
        int stopped = -1;
        for (int i = 0; i < order.size() && stopped < 0; i++) {
            int which = order.get(i);
            String value = label.formatted(which + 1) + parts.get(which);
            stopped =
                    ask(post("application/json", "{\"text\":\"" + value + "\"}")) instanceof ScanVerdict.Clean ? -1 : i;
        }
        assertThat(stopped).as(order.toString()).isBetween(1, 4);
    }

    @Test
    void namesMayNumberTheParts() {
        List<String> parts = parts(SECRET, PART);
        List<Boolean> clean = new ArrayList<>();
        for (int i : new int[] {4, 2, 0, 3, 1}) {
            clean.add(
                    ask(get("api.example", "/?part" + i + "=" + parts.get(i), List.of())) instanceof ScanVerdict.Clean);
        }
        assertThat(clean).containsExactly(true, true, true, false, false);
    }

    @Test
    void partsMayBeEncodedEachByItself() {
        Map<String, UnaryOperator<String>> ways = Map.of(
                "base64", part -> Base64.getEncoder().encodeToString(Fixture.latin(part)),
                "hex", part -> HexFormat.of().formatHex(Fixture.latin(part)),
                "percent", part -> "%" + HexFormat.ofDelimiter("%").formatHex(Fixture.latin(part)),
                "reversed", part -> new StringBuilder(part).reverse().toString());
        ways.forEach((name, way) -> {
            SentValues own = memory();
            List<String> parts = new ArrayList<>(parts(SECRET, PART));
            if (name.equals("reversed")) {
                Collections.reverse(parts);
            }
            List<Boolean> clean = parts.stream()
                    .map(part -> ask(get("api.example", "/q?d=" + way.apply(part), List.of()), own)
                            instanceof ScanVerdict.Clean)
                    .toList();
            assertThat(clean).as(name).startsWith(true).contains(false);
        });
    }

    @Test
    void theEncodedWholeMayLeaveInParts() {
        for (String whole : List.of(
                Base64.getEncoder().encodeToString(Fixture.latin("x" + SECRET)),
                HexFormat.of().formatHex(Fixture.latin(SECRET)))) {
            SentValues own = memory();
            assertThat(parts(whole, PART).stream()
                            .map(part -> ask(Way.JSON.request(part, 7), own) instanceof ScanVerdict.Clean))
                    .startsWith(true)
                    .contains(false);
        }
    }

    @Test
    void messagesAreJoinedWithRequests() {
        SentBefore before = new SentBefore(() -> sent, false);
        List<String> parts = parts(SECRET, PART);
        assertThat(ask(Way.QUERY.request(parts.get(0), 0))).isInstanceOf(ScanVerdict.Clean.class);
        try (MessageScanner messages = scanner.open(new Place.WebSocket(), ScanOptions.defaults(), List.of())) {
            messages.follows(before);
            byte[] message = Fixture.latin(parts.get(1));
            messages.feed(message, 0, message.length);
            assertThat(Fixture.names(messages.endOfMessage())).containsExactly("known_secret");
        }
    }

    /** A field of protobuf's wire format. */
    private static byte[] field(int number, byte[] content) {
        byte[] out = new byte[content.length + 2];
        out[0] = (byte) (number << 3 | 2);
        out[1] = (byte) content.length;
        System.arraycopy(content, 0, out, 2, content.length);
        return out;
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 6, 12, 34})
    void fieldsOfProtobufAreItems(int size) {
        SentBefore before = new SentBefore(() -> sent, false);
        String secret = SECRET + templates.expand("<40:A-Za-z0-9>");
        BuiltInScanner own = new BuiltInScanner(List.of(Fixture.latin(secret)), new byte[32], Runnable::run);
        List<Boolean> clean = new ArrayList<>();
        for (String part : parts(secret.substring(5), size == 34 ? 10 : size)) {
            try (MessageScanner messages = own.open(new Place.Message(), ScanOptions.defaults(), List.of())) {
                messages.follows(before);
                byte[] message = size == 6 ? field(1, Fixture.latin(part)) : field(1, field(2, Fixture.latin(part)));
                messages.feed(message, 0, message.length);
                clean.add(messages.endOfMessage() instanceof ScanVerdict.Clean);
            }
        }
        assertThat(clean).contains(false);
    }

    @Test
    void whatWasDeniedDidNotLeaveAndIsDeniedAgain() {
        List<String> parts = parts(SECRET, PART);
        assertThat(ask(Way.QUERY.request(parts.get(0), 0))).isInstanceOf(ScanVerdict.Clean.class);
        for (int i = 0; i < 3; i++) {
            ScanVerdict verdict = ask(Way.QUERY.request(parts.get(1), i + 1));
            assertThat(Fixture.names(verdict)).containsExactly("known_secret");
            Finding hit = Fixture.findings(verdict).getFirst();
            assertThat(hit.place()).isEqualTo(new Place.Sequence());
            assertThat(hit.span()).isEmpty();
        }
        assertThat(ask(Way.QUERY.request("harmless", 9))).isInstanceOf(ScanVerdict.Clean.class);
    }

    @Test
    void whatLeftAnywayIsNotHeldAgainstWhatFollows() {
        SentBefore warned = new SentBefore(() -> sent, true);
        for (String part : parts(SECRET, PART)) {
            scanner.scan(Way.QUERY.request(part, 0), Pace.FREE, warned)
                    .toCompletableFuture()
                    .join();
        }
        assertThat(ask(Way.QUERY.request("harmless", 9))).isInstanceOf(ScanVerdict.Clean.class);
    }

    @Test
    void aConversationThatIsSentAgainEachTimePushesNothingOut() {
        StringBuilder history = new StringBuilder();
        List<String> parts = parts(SECRET, PART);
        List<Boolean> clean = new ArrayList<>();
        for (int turn = 0; turn < 3; turn++) {
            for (int i = 0; i < 200; i++) {
                history.append("{\"role\":\"user\",\"id\":\"")
                        .append(templates.expand("<8:a-z0-9>"))
                        .append("\"},");
            }
            String body = "{\"messages\":[" + history + "{\"role\":\"user\",\"content\":\"hello\"}]}";
            assertThat(ask(post("application/json", body))).isInstanceOf(ScanVerdict.Clean.class);
            for (int again = 0; again < 3; again++) {
                assertThat(ask(post("application/json", body))).isInstanceOf(ScanVerdict.Clean.class);
                clean.add(ask(Way.QUERY.request(parts.get(turn), turn)) instanceof ScanVerdict.Clean);
            }
        }
        assertThat(clean).startsWith(true, true, true, false);
    }

    @Test
    void whatIsOlderThanTenMinutesIsForgotten() {
        List<String> parts = parts(SECRET, PART);
        for (String part : parts) {
            assertThat(ask(Way.QUERY.request(part, 0))).isInstanceOf(ScanVerdict.Clean.class);
            now.addAndGet(10 * MINUTE + 1);
        }
        assertThat(ask(Way.QUERY.request(parts.get(2), 0))).isInstanceOf(ScanVerdict.Clean.class);
        now.addAndGet(9 * MINUTE);
        assertThat(ask(Way.QUERY.request(parts.get(3), 0))).isInstanceOf(ScanVerdict.Found.class);
    }

    @Test
    void aWeakSecretThatAnybodyMayGuessIsNoHitInParts() {
        BuiltInScanner weak = new BuiltInScanner(List.of(Fixture.latin("hunter2!x")), new byte[32], Runnable::run);
        for (String part : parts("hunter2!x", 3)) {
            assertThat(weak.scan(Way.QUERY.request(part, 0), Pace.FREE, new SentBefore(() -> sent, false))
                            .toCompletableFuture()
                            .join())
                    .isInstanceOf(ScanVerdict.Clean.class);
        }
    }

    @Test
    void whereNoRoomIsLeftNothingLeaves() {
        SentValues full = new SentValues(new SentValues.Key(1, 2), now::get, bytes -> false);
        assertThat(ask(Way.QUERY.request("harmless", 0), full))
                .isInstanceOfSatisfying(
                        ScanVerdict.Refused.class,
                        refused -> assertThat(refused.reason()).isEqualTo(ScanVerdict.Reason.OVERLOADED));
    }

    private static final char[] LETTERS =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".toCharArray();

    /** How an automaton parts what it knows, and its guess, over requests. */
    private static List<String> guess(String known, char guess, int parts) {
        List<String> out = new ArrayList<>();
        int size = Math.max(1, (known.length() + parts - 1) / parts);
        for (int at = 0; at < known.length(); at += size) {
            out.add(known.substring(at, Math.min(known.length(), at + size)));
        }
        out.add(String.valueOf(guess));
        return out;
    }

    @Test
    void anAutomatonThatKeepsTheMemoryFullLearnsNothing() {
        int asked = 0;
        int learnt = 0;
        for (int seed = 1; seed <= Integer.getInteger("egress.oracle.seeds", 1); seed++) {
            Random random = new Random(seed);
            String secret = new Templates(random).expand("<40:A-Za-z0-9>");
            BuiltInScanner own = new BuiltInScanner(List.of(Fixture.latin(secret)), new byte[32], Runnable::run);
            for (Way way : Way.values()) {
                for (int parts : new int[] {1, 2, 5, 9}) {
                    // Nine characters are 52 bits, and the guess makes it 58.
                    String known = secret.substring(0, 9);
                    Map<String, Integer> answers = new HashMap<>();
                    String right = "";
                    SentValues kept = memory();
                    for (char c : LETTERS) {
                        SentValues memory = seed % 2 == 0 ? kept : memory();
                        StringBuilder answer = new StringBuilder();
                        for (String part : guess(known, c, parts)) {
                            asked++;
                            ScanVerdict verdict = own.scan(
                                            way.request(part, asked), Pace.FREE, new SentBefore(() -> memory, false))
                                    .toCompletableFuture()
                                    .join();
                            answer.append(verdict.getClass().getSimpleName());
                        }
                        answers.merge(answer.toString(), 1, Integer::sum);
                        right = c == secret.charAt(9) ? answer.toString() : right;
                    }
                    learnt += answers.getOrDefault(right, 0) < Collections.max(answers.values()) ? 1 : 0;
                }
            }
        }
        System.out.printf("| in parts over requests | %,d requests | %d characters learnt |%n", asked, learnt);
        assertThat(learnt).isZero();
    }

    @Test
    void cleanTrafficInARowRaisesNoMoreAlarms() {
        int alarms = 0;
        int all = 0;
        Kinds kinds = new Kinds(new Random(3));
        BuiltInScanner own = new BuiltInScanner(kinds.secrets(), new byte[32], Runnable::run);
        List<String> seen = new ArrayList<>();
        for (int seed = 1; seed <= Integer.getInteger("egress.quality.draws", 8); seed++) {
            RandomText text = new RandomText(new Random(seed));
            for (CleanTraffic.Sort sort : CleanTraffic.sorts()) {
                ScanRequest request = sort.make().apply(text);
                boolean alone = own.scanNow(request) instanceof ScanVerdict.Clean;
                ScanVerdict verdict = own.scan(request, Pace.FREE, new SentBefore(() -> sent, false))
                        .toCompletableFuture()
                        .join();
                all++;
                if (alone && !(verdict instanceof ScanVerdict.Clean)) {
                    alarms++;
                    seen.add(sort.name() + ": " + verdict);
                }
            }
        }
        System.out.printf("| clean traffic in a row | %,d requests | %d more alarms |%n", all, alarms);
        assertThat(seen).isEmpty();
    }

    @Test
    void theMemoryOfACallerIsBounded() {
        AtomicLong most = new AtomicLong();
        SentValues own = new SentValues(new SentValues.Key(5, 6), now::get, bytes -> {
            most.accumulateAndGet(bytes, Math::max);
            return true;
        });
        for (int i = 0; i < 60; i++) {
            StringBuilder body = new StringBuilder("[");
            for (int j = 0; j < 300; j++) {
                body.append('"').append(templates.expand("<64:A-Za-z0-9>")).append("\",");
            }
            ask(post("application/json", body + "\"\"]"), own);
            ask(Way.values()[i % Way.values().length].request(templates.expand("<60:a-z0-9>"), i), own);
        }
        System.out.printf("| a caller's memory | %,d bytes at most |%n", most.get());
        assertThat(most.get()).isLessThan(160 * 1024);
    }

    @Test
    void twoCallersKnowNothingOfEachOther() {
        SentValues another = memory();
        List<String> parts = parts(SECRET, PART);
        for (int i = 0; i < parts.size(); i++) {
            SentValues with = i % 2 == 0 ? sent : another;
            assertThat(ask(Way.QUERY.request(parts.get(i), i), with)).isInstanceOf(ScanVerdict.Clean.class);
        }
    }
}
