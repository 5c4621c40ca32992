package egress.testkit.origin;

import egress.testkit.wire.Field;
import egress.testkit.wire.H2Frame;
import egress.testkit.wire.H2Stream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** An exchange on an h2 stream. */
final class H2OriginExchange extends OriginExchange {
    private final H2Stream stream;
    private boolean expectsContinue;
    private boolean bodyless;

    H2OriginExchange(RecordedRequest request, H2Stream stream) {
        super(request);
        this.stream = stream;
        expectsContinue = request.values("expect").stream().anyMatch("100-continue"::equalsIgnoreCase);
    }

    @Override
    int readBody(byte[] into) throws IOException {
        if (expectsContinue) {
            writeInterim(100, List.of());
        }
        return stream.read(into);
    }

    @Override
    List<Field> requestTrailers() {
        return stream.trailers();
    }

    @Override
    void writeInterim(int status, List<Field> fields) throws IOException {
        expectsContinue &= status != 100;
        stream.headers(withStatus(status, fields), false);
    }

    @Override
    void writeHead(int status, List<Field> fields) throws IOException {
        bodyless = status == 204 || status == 304 || request().method().equals("HEAD");
        expectsContinue = false;
        stream.headers(withStatus(status, fields), false);
    }

    private static List<Field> withStatus(int status, List<Field> fields) {
        List<Field> all = new ArrayList<>(List.of(new Field(":status", Integer.toString(status))));
        all.addAll(lowerCase(fields));
        return all;
    }

    /** What a behaviour says for both protocols, as h2 wants it (RFC 9113 §8.2). */
    private static List<Field> lowerCase(List<Field> fields) {
        return fields.stream()
                .filter(field -> !field.name().equalsIgnoreCase("connection"))
                .map(field -> new Field(field.name().toLowerCase(Locale.ROOT), field.value()))
                .toList();
    }

    @Override
    void writeBody(byte[] bytes, int length) throws IOException {
        if (!bodyless && length > 0) {
            stream.write(length == bytes.length ? bytes : Arrays.copyOf(bytes, length), false);
        }
    }

    @Override
    void writeEnd(List<Field> trailers) throws IOException {
        if (trailers.isEmpty()) {
            stream.write(new byte[0], true);
        } else {
            stream.headers(lowerCase(trailers), true);
        }
    }

    @Override
    void writeReset(H2Frame.ErrorCode code) throws IOException {
        stream.reset(code);
    }

    @Override
    IOException readGone() throws IOException {
        return stream.awaitBroken();
    }

    @Override
    Upgraded writeUpgrade(byte[] early, List<Field> fields) {
        throw new IllegalStateException("Upgrade on h2 (expected: h1, RFC 9113 §8.6)");
    }

    /** Ends what a behaviour left open; a request body that nobody wants is given up (RFC 9113 §8.1). */
    void finish() throws IOException {
        if (!ended() && headWritten()) {
            end();
        }
        stream.stopReading();
    }

    @Override
    public void raw(byte[] bytes) {
        throw new IllegalStateException("raw bytes on h2 (expected: h1)");
    }
}
