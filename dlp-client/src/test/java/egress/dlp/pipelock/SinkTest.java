package egress.dlp.pipelock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import egress.dlp.HeaderField;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who is not pipelock learns no nonce from the sink, and who is learns one only for what was asked. */
final class SinkTest {
    private Sink sink;

    @BeforeEach
    void open() throws IOException {
        sink = new Sink(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), new SecureRandom());
    }

    @AfterEach
    void close() throws IOException {
        sink.close();
    }

    @Test
    void grantsTheQuestionThatIsBeingAskedWithItsBody() throws Exception {
        try (Sink.Asked asked = sink.open()) {
            read(asked, "hello");
            HttpResponse answer = ask(asked.id(), "hello");
            assertThat(answer.status()).isEqualTo(204);
            assertThat(asked.granted(answer)).isTrue();
        }
    }

    @Test
    void grantsNoOtherBodyAndRemembersThatItCame() throws Exception {
        try (Sink.Asked asked = sink.open()) {
            read(asked, "hello");
            HttpResponse answer = ask(asked.id(), "hell0");
            assertThat(answer.fields()).noneMatch(f -> f.name().equals(Sink.VERDICT));
            assertThat(asked.granted(answer)).isFalse();
            assertThat(asked.hasChanged()).isTrue();
        }
    }

    @Test
    void grantsNothingBeforeTheQuestionWasRead() throws Exception {
        try (Sink.Asked asked = sink.open()) {
            asked.watched(RequestBody.of(Syntax.bytes("hello")));
            assertThat(asked.granted(ask(asked.id(), "hello"))).isFalse();
        }
    }

    @Test
    void grantsNothingThatIsNotBeingAsked() throws Exception {
        Sink.Asked before = sink.open();
        read(before, "");
        before.close();
        for (String id : List.of("", "*bcdfghjkmnpqrtvw*", before.id())) {
            assertThat(ask(id, "").fields()).noneMatch(f -> f.name().equals(Sink.VERDICT));
        }
    }

    @Test
    void oneQuestionsNonceIsNotAnothers() throws Exception {
        try (Sink.Asked one = sink.open();
                Sink.Asked other = sink.open()) {
            read(one, "");
            read(other, "");
            HttpResponse answer = ask(one.id(), "");
            assertThat(one.granted(answer)).isTrue();
            assertThat(other.granted(answer)).isFalse();
        }
    }

    @Test
    void takesTheNonceOnlyOnceAndUnderTheRightStatus() throws Exception {
        try (Sink.Asked asked = sink.open()) {
            read(asked, "");
            HttpResponse answer = ask(asked.id(), "");
            HeaderField verdict = answer.fields().stream()
                    .filter(f -> f.name().equals(Sink.VERDICT))
                    .findFirst()
                    .orElseThrow();
            assertThat(asked.granted(new HttpResponse(204, List.of(verdict), "")))
                    .isTrue();
            assertThat(asked.granted(new HttpResponse(204, List.of(verdict, verdict), "")))
                    .isFalse();
            assertThat(asked.granted(new HttpResponse(200, List.of(verdict), "")))
                    .isFalse();
            assertThat(asked.granted(new HttpResponse(204, List.of(), ""))).isFalse();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET / HTTP/1.0\r\n\r\n",
                "GET /\r\n\r\n",
                "GET / HTTP/1.1\nHost: a\n\n",
                "GET / HTTP/1.1\r\n Host: a\r\n\r\n",
                "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
                "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
                "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
                "POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
                "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n\r\n"
            })
    void answersNothingThatIsNotExactlyHttp(String sent) throws Exception {
        try (Socket socket =
                new Socket(sink.address().getAddress(), sink.address().getPort())) {
            socket.getOutputStream().write(sent.getBytes(StandardCharsets.ISO_8859_1));
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
            assertThat(answer).startsWith("HTTP/1.1 400 ").contains("Connection: close");
        }
    }

    @Test
    void givesIdsThatNoScannerTakesForAKey() {
        for (int i = 0; i < 1000; i++) {
            try (Sink.Asked asked = sink.open()) {
                assertThat(asked.id()).matches("\\*[bcdfghjkmnpqrtvwxz]{16}\\*");
            }
        }
    }

    @Test
    void saysWhereItCannotListen() {
        assertThatThrownBy(() -> new Sink(sink.address(), new SecureRandom()))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("pipelock sink: cannot listen at localhost:");
    }

    private static void read(Sink.Asked asked, String body) throws IOException {
        try (InputStream in = asked.watched(RequestBody.of(Syntax.bytes(body))).open()) {
            in.readAllBytes();
        }
    }

    private HttpResponse ask(String id, String body) throws IOException {
        try (Socket socket =
                new Socket(sink.address().getAddress(), sink.address().getPort())) {
            String head = "POST /x HTTP/1.1\r\nHost: sink\r\n" + Sink.QUESTION + ": " + id + "\r\nContent-Length: "
                    + body.length() + "\r\n\r\n";
            socket.getOutputStream().write(Syntax.bytes(head + body));
            WireReader reader = new WireReader(socket.getInputStream());
            String line = String.valueOf(reader.startLine());
            return new HttpResponse(Integer.parseInt(line.substring(9, 12)), reader.fields(), "");
        }
    }
}
