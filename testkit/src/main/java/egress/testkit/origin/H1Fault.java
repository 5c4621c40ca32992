package egress.testkit.origin;

import java.io.IOException;

/** An h1 origin that reads a request and answers with what no origin may send, or may send but nobody expects. */
public enum H1Fault implements HostileOrigin.Script {
    TWO_LENGTHS("Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"),
    LENGTH_AND_CHUNKED("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
    LENGTH_WITH_A_SIGN("Content-Length: +5\r\n\r\nhello"),
    LENGTH_IN_HEX("Content-Length: 0x5\r\n\r\nhello"),
    LENGTH_NEGATIVE("Content-Length: -5\r\n\r\nhello"),
    LENGTH_BEYOND_63_BITS("Content-Length: 9223372036854775808\r\n\r\nhello"),
    LENGTH_EMPTY("Content-Length: \r\n\r\nhello"),
    LENGTHS_THAT_DIFFER_IN_A_LIST("Content-Length: 5, 6\r\n\r\nhello!"),
    CODING_AFTER_CHUNKED("Transfer-Encoding: chunked, identity\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
    CODING_WITH_A_VERTICAL_TAB("Transfer-Encoding: \u000bchunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
    SPACE_BEFORE_THE_COLON("Content-Length : 5\r\n\r\nhello"),
    EMPTY_FIELD_NAME(": x\r\nContent-Length: 5\r\n\r\nhello"),
    SPACE_IN_FIELD_NAME("X Y: z\r\nContent-Length: 5\r\n\r\nhello"),
    NUL_IN_FIELD_VALUE("X: a\0b\r\nContent-Length: 5\r\n\r\nhello"),
    BARE_CR_IN_FIELD_VALUE("X: a\rb\r\nContent-Length: 5\r\n\r\nhello"),
    BARE_LF("X: a\nContent-Length: 5\r\n\r\nhello"),
    OBS_FOLD("X: a\r\n b\r\nContent-Length: 5\r\n\r\nhello"),
    FOLDED_LENGTH("Content-Length:\r\n 5\r\n\r\nhello"),
    FOLD_BEFORE_THE_FIELDS(" X: a\r\nContent-Length: 5\r\n\r\nhello"),
    CODING_WITH_A_SPACE_BEFORE_THE_COLON_AND_A_LENGTH(
            "Transfer-Encoding : chunked\r\nContent-Length: 5\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
    FIELD_WITHOUT_A_COLON("X\r\nContent-Length: 5\r\n\r\nhello"),
    OVERSIZED_HEAD("X: " + "x".repeat(1 << 20) + "\r\nContent-Length: 5\r\n\r\nhello"),
    MANY_FIELDS("X: y\r\n".repeat(100_000) + "Content-Length: 5\r\n\r\nhello"),
    GARBAGE(Start.NONE, "\u0016\u0003\u0001 this is no HTTP\r\n\r\n", After.HANG),
    SSH_BANNER(Start.NONE, "SSH-2.0-OpenSSH_9.6\r\n", After.HANG),
    HTTP_0_9(Start.NONE, "<html>hello</html>", After.CLOSE),
    HTTP_2_IN_THE_STATUS_LINE(Start.NONE, "HTTP/2.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", After.HANG),
    STATUS_OF_FOUR_DIGITS(Start.NONE, "HTTP/1.1 2000 OK\r\nContent-Length: 5\r\n\r\nhello", After.HANG),
    STATUS_OF_TWO_DIGITS(Start.NONE, "HTTP/1.1 20 OK\r\nContent-Length: 5\r\n\r\nhello", After.HANG),
    STATUS_ZERO(Start.NONE, "HTTP/1.1 000 OK\r\nContent-Length: 5\r\n\r\nhello", After.HANG),
    HTTP_1_0_WITH_CHUNKED(
            Start.NONE, "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", After.CLOSE),
    UNASKED_101(
            Start.NONE,
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
            After.HANG),
    INTERIM_STORM(Start.NONE, "HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n".repeat(50_000), After.HANG),
    INTERIM_THEN_NOTHING(Start.NONE, "HTTP/1.1 103 Early Hints\r\n\r\n", After.CLOSE),
    INTERIM_WITH_A_LENGTH(
            Start.NONE,
            "HTTP/1.1 103 Early Hints\r\nContent-Length: 3\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
            After.HANG),
    BODY_AFTER_204(Start.NONE, "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello", After.HANG),
    BODY_AFTER_304(Start.NONE, "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nhello", After.HANG),
    TWO_RESPONSES("Content-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\nX-Forged: yes\r\nContent-Length: 5\r\n\r\nevil!"),
    BYTES_AFTER_THE_RESPONSE("Content-Length: 5\r\n\r\nhello and more"),
    TRUNCATED_BODY(Start.OK, "Content-Length: 100\r\n\r\nhello", After.CLOSE),
    UNFINISHED_CHUNK(Start.OK, "Transfer-Encoding: chunked\r\n\r\n64\r\nhello", After.CLOSE),
    NO_LAST_CHUNK(Start.OK, "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", After.CLOSE),
    UNFINISHED_TRAILERS(Start.OK, "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 1\r\n", After.CLOSE),
    CHUNK_SIZE_IS_NO_NUMBER("Transfer-Encoding: chunked\r\n\r\nfive\r\nhello\r\n0\r\n\r\n"),
    CHUNK_SIZE_WITH_0X("Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n"),
    CHUNK_SIZE_NEGATIVE("Transfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n"),
    CHUNK_SIZE_BEYOND_63_BITS("Transfer-Encoding: chunked\r\n\r\n8000000000000000\r\nhello\r\n0\r\n\r\n"),
    CHUNK_LONGER_THAN_ITS_SIZE("Transfer-Encoding: chunked\r\n\r\n5\r\nhello and more\r\n0\r\n\r\n"),
    CHUNK_WITH_BARE_LF("Transfer-Encoding: chunked\r\n\r\n5\nhello\n0\n\n"),
    ENDLESS_CHUNK_EXTENSION("Transfer-Encoding: chunked\r\n\r\n5;" + "x".repeat(1 << 20) + "\r\nhello\r\n0\r\n\r\n"),
    OVERSIZED_TRAILERS("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n" + "X: y\r\n".repeat(100_000) + "\r\n");

    private enum Start {
        OK,
        NONE
    }

    private enum After {
        HANG,
        CLOSE
    }

    private final Start start;
    private final String text;
    private final After after;

    H1Fault(String text) {
        this(Start.OK, text, After.HANG);
    }

    H1Fault(Start start, String text, After after) {
        this.start = start;
        this.text = text;
        this.after = after;
    }

    /** Reads one request with its body, answers it, and ends, or waits for the proxy to end, the connection. */
    @Override
    public void run(HostileWire wire) throws IOException {
        wire.readRequest();
        wire.send(bytes());
        switch (after) {
            case HANG -> wire.hang();
            case CLOSE -> wire.halfClose();
        }
    }

    /** What it sends, one byte per char. */
    public String bytes() {
        return switch (start) {
            case OK -> "HTTP/1.1 200 OK\r\n" + text;
            case NONE -> text;
        };
    }
}
