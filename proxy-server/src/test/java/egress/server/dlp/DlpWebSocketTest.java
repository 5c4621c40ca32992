package egress.server.dlp;

import static egress.server.dlp.DlpGate.bytes;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import egress.policy.DlpRules;
import egress.policy.Route;
import egress.testkit.GitHubToken;
import egress.testkit.client.RawClient;
import egress.testkit.origin.OriginExchange;
import egress.testkit.scorecard.Row;
import egress.testkit.wire.HttpHead;
import egress.testkit.wire.WebSocketFrame;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** An agent's WebSocket messages, judged before they leave. */
class DlpWebSocketTest {
    private static final String TOKEN = GitHubToken.of(4);
    private static final String KEY = "dGhlIHNhbXBsZSBub25jZQ==";
    private static final long MEMORY = 64 << 20;
    private static final String[] UPGRADED = {
        "upgrade", "websocket", "connection", "Upgrade", "sec-websocket-accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    };

    @TempDir
    static Path directory;

    private static DlpGate dlp;

    @BeforeAll
    static void start() throws IOException {
        dlp = DlpGate.start(directory, DlpGate.settings(directory), DlpRules.DEFAULT);
        // Context takeover on the agent's side, which the toolbox's echo never agrees to.
        dlp.h1.on("/takeover", exchange -> {
            OriginExchange.Upgraded upgraded =
                    exchange.upgrade(new byte[0], agreeing("permessage-deflate; server_no_context_takeover"));
            while (true) {
                WebSocketFrame frame = WebSocketFrame.read(upgraded.in());
                upgraded.out().write(frame.unmasked().bytes());
                if (frame.opcode() == WebSocketFrame.CLOSE) {
                    return;
                }
            }
        });
        dlp.h1.on("/strange", exchange -> {
            exchange.upgrade(new byte[0], agreeing("x-strange")).in().readAllBytes();
        });
    }

    @AfterAll
    static void stop() throws Exception {
        dlp.awaitNothingHeld(MEMORY, 1 << 30);
        dlp.close();
    }

    private static String[] agreeing(String extension) {
        String[] fields = Arrays.copyOf(UPGRADED, UPGRADED.length + 2);
        fields[UPGRADED.length] = "sec-websocket-extensions";
        fields[UPGRADED.length + 1] = extension;
        return fields;
    }

    private static String handshake(String target, String... more) {
        return "GET " + target + " HTTP/1.1\r\nHost: h1.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + KEY + "\r\n"
                + String.join("\r\n", more) + (more.length > 0 ? "\r\n" : "") + "\r\n";
    }

    private static RawClient open(String target, String... more) throws IOException {
        RawClient client = dlp.h1Client(DlpGate.H1);
        client.send(handshake(target, more));
        HttpHead head = client.readHead();
        assertThat(head.status()).isEqualTo(101);
        return client;
    }

    private static byte[] deflated(Deflater deflater, String text) {
        deflater.setInput(bytes(text));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        byte[] piece = new byte[1024];
        for (int n = deflater.deflate(piece, 0, piece.length, Deflater.SYNC_FLUSH);
                n > 0;
                n = deflater.deflate(piece, 0, piece.length, Deflater.SYNC_FLUSH)) {
            out.write(piece, 0, n);
        }
        return Arrays.copyOf(out.toByteArray(), out.size() - 4);
    }

    private static void assertClosed(RawClient client, int code) throws IOException {
        WebSocketFrame frame = WebSocketFrame.read(client.input());
        assertThat(frame.opcode()).isEqualTo(WebSocketFrame.CLOSE);
        assertThat(frame.masked()).isFalse();
        assertThat(frame.closeCode()).isEqualTo(code);
        client.awaitEnd();
    }

    @Test
    @Row(value = "43.xg", allowed = true)
    void relaysCleanMessagesAsTheyAre() throws IOException {
        try (RawClient client = open("/ws")) {
            for (int length : new int[] {0, 1, 125, 126, 65_535, 65_536, 1_000_000}) {
                WebSocketFrame sent =
                        WebSocketFrame.text("a b ".repeat(length / 4 + 1).substring(0, length));
                client.send(sent.bytes());
                assertThat(WebSocketFrame.read(client.input()).text()).isEqualTo(sent.text());
            }
            client.send(new WebSocketFrame(true, 0, WebSocketFrame.PING, true, bytes("are you there")).bytes());
            assertThat(WebSocketFrame.read(client.input()).opcode()).isEqualTo(WebSocketFrame.PONG);
            client.send(WebSocketFrame.close(1000).bytes());
            assertThat(WebSocketFrame.read(client.input()).closeCode()).isEqualTo(1000);
            client.awaitEnd();
        }
    }

    @Test
    void readsFramesInThePacketOfTheHandshakeAndByteByByte() throws IOException {
        try (RawClient client = dlp.h1Client(DlpGate.H1)) {
            byte[] first = WebSocketFrame.text("early").bytes();
            byte[] head = bytes(handshake("/ws"));
            byte[] both = Arrays.copyOf(head, head.length + first.length);
            System.arraycopy(first, 0, both, head.length, first.length);
            client.send(both);
            assertThat(client.readHead().status()).isEqualTo(101);
            assertThat(WebSocketFrame.read(client.input()).text()).isEqualTo("early");
            client.sendByteByByte(WebSocketFrame.text("late").bytes());
            assertThat(WebSocketFrame.read(client.input()).text()).isEqualTo("late");
            client.send(WebSocketFrame.text(TOKEN).bytes());
            assertClosed(client, 1008);
        }
    }

    static Stream<Arguments> hits() {
        byte[] token = bytes("token " + TOKEN);
        byte[] start = Arrays.copyOf(token, 20);
        byte[] rest = Arrays.copyOfRange(token, 20, token.length);
        return Stream.of(
                Arguments.of("text", List.of(new WebSocketFrame(true, 0, WebSocketFrame.TEXT, true, token))),
                Arguments.of("binary", List.of(new WebSocketFrame(true, 0, WebSocketFrame.BINARY, true, token))),
                Arguments.of("ping", List.of(new WebSocketFrame(true, 0, WebSocketFrame.PING, true, token))),
                Arguments.of("pong", List.of(new WebSocketFrame(true, 0, WebSocketFrame.PONG, true, token))),
                Arguments.of(
                        "fragments with a ping between them",
                        List.of(
                                new WebSocketFrame(false, 0, WebSocketFrame.TEXT, true, start),
                                new WebSocketFrame(true, 0, WebSocketFrame.PING, true, bytes("?")),
                                new WebSocketFrame(true, 0, WebSocketFrame.CONTINUATION, true, rest))),
                Arguments.of(
                        "two messages",
                        List.of(
                                new WebSocketFrame(true, 0, WebSocketFrame.TEXT, true, start),
                                new WebSocketFrame(true, 0, WebSocketFrame.TEXT, true, rest))));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("hits")
    @Row("43.xe")
    void closesBothSidesOnAHit(String what, List<WebSocketFrame> frames) throws Exception {
        String target = "/seen?" + what.replace(' ', '-');
        CompletableFuture<String> received = new CompletableFuture<>();
        dlp.h1.on("/seen", exchange -> {
            OriginExchange.Upgraded upgraded = exchange.upgrade(new byte[0], UPGRADED);
            ByteArrayOutputStream seen = new ByteArrayOutputStream();
            WebSocketFrame frame;
            do {
                frame = WebSocketFrame.read(upgraded.in());
                assertThat(frame.masked()).isTrue();
                seen.write(frame.payload());
            } while (frame.opcode() != WebSocketFrame.CLOSE);
            received.complete(seen.toString(ISO_8859_1));
        });
        try (RawClient client = open(target)) {
            for (WebSocketFrame frame : frames) {
                client.send(frame.bytes());
            }
            assertClosed(client, 1008);
        }
        assertThat(received.get(10, TimeUnit.SECONDS))
                .doesNotContain(TOKEN)
                .contains("egress: github_token found in websocket");
    }

    @Test
    void readsCompressedMessagesWithAndWithoutTakeover() throws IOException {
        try (RawClient client = open("/ws", "Sec-WebSocket-Extensions: permessage-deflate")) {
            for (String text : List.of("first clean text", "second clean text")) {
                byte[] coded = deflated(new Deflater(6, true), text);
                client.send(new WebSocketFrame(true, 4, WebSocketFrame.TEXT, true, coded).bytes());
                assertThat(WebSocketFrame.read(client.input()).payload()).isEqualTo(coded);
            }
            byte[] coded = deflated(new Deflater(6, true), "token " + TOKEN);
            client.send(new WebSocketFrame(true, 4, WebSocketFrame.TEXT, true, coded).bytes());
            assertClosed(client, 1008);
        }
        try (RawClient client = open("/takeover", "Sec-WebSocket-Extensions: permessage-deflate")) {
            Deflater deflater = new Deflater(9, true);
            for (String text : List.of("some clean text", "some clean text", "some clean text, again")) {
                byte[] coded = deflated(deflater, text);
                client.send(new WebSocketFrame(true, 4, WebSocketFrame.TEXT, true, coded).bytes());
                assertThat(WebSocketFrame.read(client.input()).payload()).isEqualTo(coded);
            }
            byte[] coded = deflated(deflater, "some clean text and " + TOKEN);
            client.send(new WebSocketFrame(true, 4, WebSocketFrame.TEXT, true, coded).bytes());
            assertClosed(client, 1008);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void letsAMessageOverTheBoundPassWhereBodiesDo(boolean compressed) throws Exception {
        DlpRules noscan = new DlpRules(
                new DlpRules.Detectors.Standard(),
                new DlpRules.Detectors.Standard(),
                DlpRules.OnMatch.BLOCK,
                DlpRules.OnOversize.NOSCAN,
                false,
                Set.of());
        try (DlpGate own = DlpGate.start(directory, DlpGate.settings(directory, 100_000, MEMORY, 1 << 30), noscan)) {
            own.h1.on("/takeover", exchange -> {
                OriginExchange.Upgraded upgraded =
                        exchange.upgrade(new byte[0], agreeing("permessage-deflate; server_no_context_takeover"));
                WebSocketFrame frame;
                do {
                    frame = WebSocketFrame.read(upgraded.in());
                    upgraded.out().write(frame.unmasked().bytes());
                } while (frame.opcode() != WebSocketFrame.CLOSE);
            });
            try (RawClient client = own.h1Client(DlpGate.H1)) {
                client.send(handshake("/takeover", "Sec-WebSocket-Extensions: permessage-deflate"));
                assertThat(client.readHead().status()).isEqualTo(101);
                Deflater deflater = new Deflater(0, true);
                int rsv = compressed ? 4 : 0;
                byte[] large = coded(deflater, "clean text. ".repeat(30_000) + TOKEN, compressed);
                client.send(new WebSocketFrame(true, rsv, WebSocketFrame.TEXT, true, large).bytes());
                assertThat(WebSocketFrame.read(client.input()).payload()).isEqualTo(large);
                byte[] small = coded(deflater, "clean text", compressed);
                client.send(new WebSocketFrame(true, rsv, WebSocketFrame.TEXT, true, small).bytes());
                assertThat(WebSocketFrame.read(client.input()).payload()).isEqualTo(small);
                byte[] hit = coded(deflater, "token " + TOKEN, compressed);
                client.send(new WebSocketFrame(true, rsv, WebSocketFrame.TEXT, true, hit).bytes());
                assertClosed(client, 1008);
            }
            own.awaitNothingHeld(MEMORY, 1 << 30);
        }
    }

    private static byte[] coded(Deflater deflater, String text, boolean compressed) {
        return compressed ? deflated(deflater, text) : bytes(text);
    }

    @Test
    void closesWhereACompressedMessageEndsWithinABlock() throws IOException {
        try (RawClient client = open("/takeover", "Sec-WebSocket-Extensions: permessage-deflate")) {
            // A stored block of four bytes, none of which is here: the tail would become its content (RFC 1951 §3.2.4).
            byte[] open = {0, 4, 0, (byte) 0xfb, (byte) 0xff};
            client.send(new WebSocketFrame(true, 4, WebSocketFrame.TEXT, true, open).bytes());
            assertClosed(client, 1008);
        }
    }

    static Stream<Arguments> violations() {
        byte[] x = bytes("x");
        return Stream.of(
                Arguments.of("not masked", new WebSocketFrame(true, 0, WebSocketFrame.TEXT, false, x).bytes(), 1002),
                Arguments.of("rsv1 unasked", new WebSocketFrame(true, 4, WebSocketFrame.TEXT, true, x).bytes(), 1002),
                Arguments.of("rsv2", new WebSocketFrame(true, 2, WebSocketFrame.TEXT, true, x).bytes(), 1002),
                Arguments.of("rsv3", new WebSocketFrame(true, 1, WebSocketFrame.TEXT, true, x).bytes(), 1002),
                Arguments.of("opcode 3", new WebSocketFrame(true, 0, 3, true, x).bytes(), 1002),
                Arguments.of("opcode 11", new WebSocketFrame(true, 0, 11, true, x).bytes(), 1002),
                Arguments.of(
                        "long ping",
                        new WebSocketFrame(true, 0, WebSocketFrame.PING, true, new byte[126]).bytes(),
                        1002),
                Arguments.of(
                        "fragmented ping", new WebSocketFrame(false, 0, WebSocketFrame.PING, true, x).bytes(), 1002),
                Arguments.of(
                        "continuation of nothing",
                        new WebSocketFrame(true, 0, WebSocketFrame.CONTINUATION, true, x).bytes(),
                        1002),
                Arguments.of(
                        "close of one byte", new WebSocketFrame(true, 0, WebSocketFrame.CLOSE, true, x).bytes(), 1002),
                Arguments.of("long form of 5", new byte[] {(byte) 0x81, (byte) 0xfe, 0, 5, 1, 2, 3, 4}, 1002),
                Arguments.of(
                        "too large", WebSocketFrame.head(true, 0, WebSocketFrame.TEXT, true, (16 << 20) + 1), 1009),
                Arguments.of("2 GiB", WebSocketFrame.head(true, 0, WebSocketFrame.BINARY, true, 1L << 31), 1009));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("violations")
    @Row("43.xf")
    void closesWhatIsNoWebSocket(String what, byte[] bytes, int code) throws IOException {
        try (RawClient client = open("/ws?" + what.replace(' ', '-'))) {
            client.send(bytes);
            assertClosed(client, code);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/strange"})
    @Row("43.xh")
    void closesWhereAnExtensionIsNotUnderstood(String target) throws IOException {
        try (RawClient client = open(target)) {
            client.send(WebSocketFrame.text("clean").bytes());
            assertClosed(client, 1008);
        }
    }

    @Test
    void leavesWebSocketsAloneWhereDlpIsOff() throws IOException {
        DlpRules off = new DlpRules(
                new DlpRules.Detectors.Off(),
                new DlpRules.Detectors.Off(),
                DlpRules.OnMatch.BLOCK,
                DlpRules.OnOversize.DENY,
                false,
                Set.of());
        try (DlpGate own = DlpGate.start(
                        directory,
                        DlpGate.settings(directory),
                        List.of(Route.named(DlpGate.H1).dlp(off).build()),
                        Map.of());
                RawClient client = own.h1Client(DlpGate.H1)) {
            client.send(handshake("/ws"));
            assertThat(client.readHead().status()).isEqualTo(101);
            client.send(WebSocketFrame.text(TOKEN).bytes());
            assertThat(WebSocketFrame.read(client.input()).text()).isEqualTo(TOKEN);
        }
    }
}
