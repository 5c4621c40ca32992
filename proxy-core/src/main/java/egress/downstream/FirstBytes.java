package egress.downstream;

import egress.http.FieldNames;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/** What a caller speaks in a tunnel, by its first bytes: read without being consumed, however they are cut. */
enum FirstBytes {
    /** More of them must come. */
    UNDECIDED(""),
    TLS(""),
    /** A request line of HTTP/1.0 or HTTP/1.1 (RFC 9112 §3). */
    HTTP("plain HTTP"),
    /** A connection preface (RFC 9113 §3.4). */
    HTTP_2("HTTP/2 without TLS"),
    SSH("SSH"),
    OTHER("no TLS handshake");

    private static final int HANDSHAKE_RECORD = 22;
    private static final String PREFACE = "PRI * HTTP/2.0\r\n";
    private static final int LONGEST_METHOD = 32;

    private final String words;

    FirstBytes(String words) {
        this.words = words;
    }

    /** What they are, as the end of a sentence. */
    String words() {
        return words;
    }

    /** @param maxLine a longer line may still be a request's: the HTTP decoder then reports what is wrong with it */
    static FirstBytes of(ByteBuf in, int maxLine) {
        if (!in.isReadable()) {
            return UNDECIDED;
        }
        if (in.getUnsignedByte(in.readerIndex()) == HANDSHAKE_RECORD) {
            return TLS;
        }
        int length = in.bytesBefore(Math.min(in.readableBytes(), maxLine), (byte) '\n');
        boolean whole = length >= 0;
        String line = in.toString(
                in.readerIndex(),
                whole ? length + 1 : Math.min(in.readableBytes(), maxLine),
                StandardCharsets.ISO_8859_1);
        if (line.startsWith(PREFACE)) {
            return HTTP_2;
        }
        if (line.startsWith("SSH-")) {
            return SSH;
        }
        if (whole) {
            return isRequestLine(line) ? HTTP : OTHER;
        }
        if (!mayBecomeRequestLine(line)) {
            return OTHER;
        }
        return in.readableBytes() >= maxLine ? HTTP : UNDECIDED;
    }

    private static boolean isRequestLine(String line) {
        String[] parts = line.split(" ", -1);
        return parts.length == 3
                && isMethod(parts[0])
                && isTarget(parts[1])
                && (parts[2].equals("HTTP/1.1\r\n") || parts[2].equals("HTTP/1.0\r\n"));
    }

    private static boolean mayBecomeRequestLine(String line) {
        String[] parts = line.split(" ", -1);
        return parts.length <= 3
                && isMethod(parts[0])
                && (parts.length < 2 || parts.length == 2 && parts[1].isEmpty() || isTarget(parts[1]))
                && (parts.length < 3
                        || "HTTP/1.1\r\n".startsWith(parts[2])
                        || "HTTP/1.0\r\n".startsWith(parts[2])
                        || PREFACE.startsWith(line));
    }

    private static boolean isMethod(String text) {
        return text.length() <= LONGEST_METHOD && FieldNames.isToken(text);
    }

    private static boolean isTarget(String text) {
        return !text.isEmpty() && text.chars().allMatch(c -> c > 0x20 && c < 0x7F);
    }
}
