package egress.abuse;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/** Messages that parsers quarrel about, one char per byte: written out, and bred from them by chance. */
final class Mutants {
    /** What a mutation puts in: bytes that end, part or hide something. */
    private static final List<String> SPLICES = List.of(
            "\r",
            "\n",
            "\r\n",
            "\r\n\r\n",
            " ",
            "\t",
            "\0",
            "\u000b",
            "\f",
            "\u0085",
            "\u00a0",
            "\u00ff",
            ":",
            ";",
            ",",
            "\"",
            "=",
            "%",
            "/",
            "?",
            "#",
            "0",
            "1",
            "7",
            "a",
            "0x",
            "+",
            "-",
            "chunked",
            "0\r\n\r\n",
            ";a=b",
            "\r\n ",
            "Content-Length: 3\r\n",
            "Content-Length: 0\r\n",
            "Transfer-Encoding: chunked\r\n",
            "Transfer-Encoding: identity\r\n",
            "Host: evil.example\r\n",
            "Connection: close\r\n",
            "Connection: content-length\r\n",
            "Trailer: X-T\r\n",
            "Expect: 100-continue\r\n",
            "X-A: b\r\n",
            "TE: trailers\r\n",
            "Upgrade: h2c\r\n",
            "GET /s HTTP/1.1\r\nHost: plain.example\r\n\r\n");

    private static final String CHUNKED = "Transfer-Encoding: chunked\r\n";

    private static final List<String> HEADS = List.of(
            "GET /a HTTP/1.1\nHost: plain.example\n\n",
            "GET /a HTTP/1.0\r\nHost: plain.example\r\n\r\n",
            "GET /a HTTP/1.0\r\nHost: plain.example\r\nConnection: keep-alive\r\n\r\n",
            "GET /a HTTP/1.1\r\nHost: plain.example\r\nHost: plain.example\r\n\r\n",
            "GET /a HTTP/1.1\r\nHost: plain.example:80\r\n\r\n",
            "GET /a HTTP/1.1\r\nHost: PLAIN.example.\r\n\r\n",
            "GET /a HTTP/1.1\r\nHost:plain.example\r\n\r\n",
            "GET /a HTTP/1.1\r\nHost: \t plain.example \t\r\n\r\n",
            "GET /a HTTP/1.1\r\nHost: evil.example\r\n\r\n",
            "GET http://plain.example/abs HTTP/1.1\r\nHost: plain.example\r\n\r\n",
            "GET http://plain.example/abs HTTP/1.1\r\nHost: evil.example\r\n\r\n",
            "GET http://evil.example/abs HTTP/1.1\r\nHost: plain.example\r\n\r\n",
            "GET http://u@plain.example/abs HTTP/1.1\r\nHost: plain.example\r\n\r\n",
            "GET HTTP://PLAIN.EXAMPLE/abs HTTP/1.1\r\nHost: plain.example\r\n\r\n",
            "GET http://plain.example?q HTTP/1.1\r\nHost: plain.example\r\n\r\n",
            "GET //evil.example/a HTTP/1.1\r\nHost: plain.example\r\n\r\n",
            "OPTIONS * HTTP/1.1\r\nHost: plain.example\r\n\r\n",
            "GET /a#b HTTP/1.1\r\nHost: plain.example\r\n\r\n",
            "GET /a{b}|\\^`\"<> HTTP/1.1\r\nHost: plain.example\r\n\r\n",
            "GET /\u00e9 HTTP/1.1\r\nHost: plain.example\r\n\r\n",
            "\r\n\r\nGET /a HTTP/1.1\r\nHost: plain.example\r\n\r\n",
            "\nGET /a HTTP/1.1\r\nHost: plain.example\r\n\r\n",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            "M-SEARCH /a HTTP/1.1\r\nHost: plain.example\r\n\r\n",
            "PROPFIND /a HTTP/1.1\r\nHost: plain.example\r\nDepth: 1\r\n\r\n",
            "GET /a HTTP/1.1\r\nHost: plain.example\r\nX: \u00e9\u00ff\t \u0080\r\n\r\n",
            "GET /a HTTP/1.1\r\nHost: plain.example\r\nX:\r\nY: \r\nX: 2\r\nx: 3\r\n\r\n",
            "GET /a HTTP/1.1\r\nHost: plain.example\r\nX: a\r\n\tb\r\n\r\n",
            "GET /a HTTP/1.1\r\nHost: plain.example\r\nConnection: X, keep-alive\r\nX: a\r\n\r\n",
            "GET /a HTTP/1.1\r\nHost: plain.example\r\nConnection: Host\r\n\r\n",
            "GET /a HTTP/1.1\r\nHost: plain.example\r\nCookie: a=b\r\nCookie: c=\"d;e\"\r\n\r\n",
            "GET /a HTTP/1.1\r\nHost: plain.example\r\nRange: bytes=0-1\r\nTE: trailers, deflate;q=0.5\r\n\r\n",
            "GET /a HTTP/1.1\r\nHost: plain.example\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
            "GET /a HTTP/1.1\r\nHost: plain.example\r\nX: " + "y".repeat(9_000) + "\r\n\r\n",
            "GET /" + "a".repeat(6_000) + " HTTP/1.1\r\nHost: plain.example\r\n\r\n");

    /** What makes a body begin and end, with the body; the same in requests and responses. */
    private static final List<String> FRAMINGS = List.of(
            "Content-Length: 0\r\n\r\n",
            "Content-Length: 5\r\n\r\nhello",
            "content-length:5\r\n\r\nhello",
            "Content-Length: 0005\r\n\r\nhello",
            "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
            "Content-Length: 5\r\nContent-Length: 3\r\n\r\nhello",
            "Content-Length: 5, 5\r\n\r\nhello",
            "Content-Length: 5\r\nX-Content-Length: 6\r\n\r\nhello",
            "Content-Length : 5\r\n\r\nhello",
            "Content-Length: +5\r\n\r\nhello",
            "Content-Length: 5\r\n" + CHUNKED + "\r\n0\r\n\r\n",
            CHUNKED + "Content-Length: 5\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            CHUNKED + "\r\n0\r\n\r\n",
            CHUNKED + "\r\n5\r\nhello\r\n0\r\n\r\n",
            CHUNKED + "\r\n5\r\nhello\r\n6\r\n world\r\n00\r\nX-T: 1\r\nX-U: 2\r\n\r\n",
            CHUNKED + "Trailer: X-T\r\n\r\n5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n",
            CHUNKED + "\r\n5\r\nhello\r\n0\r\nContent-Length: 9\r\nHost: evil.example\r\n\r\n",
            CHUNKED + "\r\n5\r\nhello\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n",
            CHUNKED + "\r\n5;a=b;c=\"d\\\";\"\r\nhello\r\n0;x\r\n\r\n",
            CHUNKED + "\r\n5;\r\nhello\r\n0\r\n\r\n",
            CHUNKED + "\r\n5;a\nhello\r\n0\r\n\r\n",
            CHUNKED + "\r\n000000000005\r\nhello\r\n0\r\n\r\n",
            CHUNKED + "\r\n0000000000000000000000005\r\nhello\r\n0\r\n\r\n",
            CHUNKED + "\r\nA\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n",
            CHUNKED + "\r\n0x5\r\nhello\r\n0\r\n\r\n",
            CHUNKED + "\r\n5 \r\nhello\r\n0\r\n\r\n",
            CHUNKED + "\r\n5\t;a\r\nhello\r\n0\r\n\r\n",
            CHUNKED + "\r\n5\nhello\n0\n\n",
            CHUNKED + "\r\n5\r\nhello\r\r\n0\r\n\r\n",
            CHUNKED + "\r\n10000000000000005\r\nhello\r\n0\r\n\r\n",
            "Transfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            "Transfer-Encoding:chunked \r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            "Transfer-Encoding: , chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            "Transfer-Encoding: chunked,\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            "Transfer-Encoding: \u000bchunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            "Transfer-Encoding : chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            "Transfer-Encoding: identity\r\n\r\n",
            "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n",
            "Expect: 100-continue\r\nContent-Length: 5\r\n\r\nhello",
            "Expect: something\r\nContent-Length: 5\r\n\r\nhello",
            "Connection: Content-Length\r\nContent-Length: 5\r\n\r\nhello",
            "Connection: Transfer-Encoding\r\n" + CHUNKED + "\r\n5\r\nhello\r\n0\r\n\r\n",
            "Content-Length: 40\r\n\r\nGET /s HTTP/1.1\r\nHost: plain.example\r\n\r\n");

    private static final List<String> ANSWERS = List.of(
            "HTTP/1.1 200 OK\r\n\r\nto the end",
            "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nto the end",
            "HTTP/1.0 200 OK\r\n\r\nto the end",
            "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello",
            "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            "HTTP/1.1 204 No Content\r\n\r\n",
            "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello",
            "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nETag: \"a\"\r\n\r\n",
            "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nhello",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
            "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
            "HTTP/1.1 102 Processing\r\nContent-Length: 5\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nbytes",
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyou",
            "HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello",
            "HTTP/1.1 200 \r\nContent-Length: 5\r\n\r\nhello",
            "HTTP/1.1 200 \u00e9\u00ff\r\nContent-Length: 5\r\n\r\nhello",
            "HTTP/1.1 0200 OK\r\nContent-Length: 5\r\n\r\nhello",
            "HTTP/1.1 600 OK\r\nContent-Length: 5\r\n\r\nhello",
            "HTTP/1.1 999 OK\r\nContent-Length: 5\r\n\r\nhello",
            "HTTP/1.1  200 OK\r\nContent-Length: 5\r\n\r\nhello",
            "HTTP/2.0 200 OK\r\nContent-Length: 5\r\n\r\nhello",
            "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello",
            "HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 5\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
            "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 407 Proxy\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n",
            "hello",
            "");

    private Mutants() {}

    /** Requests to {@code plain.example} as they stand in a tunnel. */
    static List<String> requests() {
        List<String> all = new ArrayList<>();
        for (String method : List.of("GET", "HEAD", "DELETE", "OPTIONS")) {
            all.add(method + " /a?b=c&d=%20 HTTP/1.1\r\nHost: plain.example\r\nAccept: */*\r\n\r\n");
        }
        String post = "POST /p HTTP/1.1\r\nHost: plain.example\r\n";
        for (String framing : FRAMINGS) {
            all.add(post + framing);
        }
        all.addAll(HEADS);
        all.add(all.get(0) + all.get(5) + all.get(1)); // in turn
        return List.copyOf(all);
    }

    /** Responses of an origin, some of which end with the connection. */
    static List<String> responses() {
        List<String> all = new ArrayList<>();
        for (String framing : FRAMINGS) {
            all.add("HTTP/1.1 200 OK\r\nX: y\r\n" + framing);
        }
        all.addAll(ANSWERS);
        return List.copyOf(all);
    }

    /** A message with one or two changes by chance. */
    static String bred(List<String> corpus, RandomGenerator chance) {
        StringBuilder text = new StringBuilder(corpus.get(chance.nextInt(corpus.size())));
        for (int n = 1 + chance.nextInt(2); n > 0; n--) {
            change(text, corpus, chance);
        }
        return text.toString();
    }

    private static void change(StringBuilder text, List<String> corpus, RandomGenerator chance) {
        int at = chance.nextInt(text.length() + 1);
        int line = Math.max(0, text.lastIndexOf("\r\n", at)); // most that matters begins with a line
        String splice = SPLICES.get(chance.nextInt(SPLICES.size()));
        switch (chance.nextInt(8)) {
            case 0 -> text.insert(at, splice);
            case 1 -> text.insert(Math.min(text.length(), line + 2), splice);
            case 2 -> text.delete(at, Math.min(text.length(), at + 1 + chance.nextInt(3)));
            case 3 -> text.replace(at, Math.min(text.length(), at + 1), splice);
            case 4 -> text.replace(at, Math.min(text.length(), at + 1), String.valueOf((char) chance.nextInt(256)));
            case 5 -> {
                if (at < text.length() && Character.isLetter(text.charAt(at)) && text.charAt(at) < 128) {
                    text.setCharAt(at, (char) (text.charAt(at) ^ 0x20));
                }
            }
            case 6 -> {
                int end = text.indexOf("\r\n", line + 2);
                if (end > line) {
                    text.insert(end, text.substring(line, end)); // the line once more
                }
            }
            default -> text.insert(0, corpus.get(chance.nextInt(corpus.size())));
        }
    }
}
