package egress.testkit.wire;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads HTTP/1 as strictly as RFC 9112 lets a recipient be: every leniency that a parser may show is an error here, so that a test
 * sees what was really sent.
 */
public final class H1Reader {
    static final int MAX_HEAD = 1 << 20;
    private static final Pattern REQUEST_LINE =
            Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+ [\\x21-\\xff]+ HTTP/1\\.[01]");
    private static final Pattern STATUS_LINE =
            Pattern.compile("HTTP/1\\.[01] [1-9][0-9]{2} [\\t\\x20-\\x7e\\x80-\\xff]*");
    private static final Pattern FIELD =
            Pattern.compile("([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \\t]*([\\t\\x20-\\x7e\\x80-\\xff]*?)[ \\t]*");

    private final InputStream in;
    private final StringBuilder raw = new StringBuilder();

    public H1Reader(InputStream in) {
        this.in = in;
    }

    public InputStream stream() {
        return in;
    }

    /** The next request head, or null when the connection ended before its first byte. */
    @Nullable
    public HttpHead requestHead() throws IOException {
        return head(REQUEST_LINE, "request line");
    }

    /** The next response head, or null when the connection ended before its first byte. */
    @Nullable
    public HttpHead responseHead() throws IOException {
        return head(STATUS_LINE, "status line");
    }

    private @Nullable HttpHead head(Pattern startLine, String what) throws IOException {
        raw.setLength(0);
        String start = line();
        if (start == null) {
            return null;
        }
        if (!startLine.matcher(start).matches()) {
            throw new HttpSyntaxException(what + ": " + quoted(start));
        }
        List<Field> fields = fields();
        return new HttpHead(start, fields, raw.toString());
    }

    /** Field lines up to the empty line: a head's or the trailer section's. */
    List<Field> fields() throws IOException {
        List<Field> fields = new ArrayList<>();
        for (String line = needLine(); !line.isEmpty(); line = needLine()) {
            var matcher = FIELD.matcher(line);
            if (!matcher.matches()) {
                throw new HttpSyntaxException("field line: " + quoted(line));
            }
            fields.add(new Field(matcher.group(1), matcher.group(2)));
        }
        return List.copyOf(fields);
    }

    /** The body that a request with this head has (RFC 9112 §6.3). */
    public H1Body requestBody(HttpHead head) throws IOException {
        return framed(head, new H1Body(this, 0));
    }

    /** The body that the response to a request with {@code method} has (RFC 9112 §6.3). */
    public H1Body responseBody(HttpHead head, String method) throws IOException {
        int status = head.status();
        if (status < 200 || status == 204 || status == 304 || method.equals("HEAD")) {
            return new H1Body(this, 0);
        }
        if (status == 200 && method.equals("CONNECT")) {
            return new H1Body(this, 0);
        }
        return framed(head, new H1Body(this, H1Body.UNTIL_CLOSE));
    }

    private H1Body framed(HttpHead head, H1Body otherwise) throws IOException {
        List<String> codings = head.values("transfer-encoding");
        List<String> lengths = head.values("content-length");
        if (!codings.isEmpty() && !lengths.isEmpty()) {
            throw new HttpSyntaxException("both Transfer-Encoding and Content-Length: " + quoted(head.raw()));
        }
        if (!codings.isEmpty()) {
            if (head.version().equals("HTTP/1.0")) {
                throw new HttpSyntaxException("Transfer-Encoding in HTTP/1.0 (RFC 9112 §6.1)");
            }
            if (codings.size() > 1 || !codings.getFirst().equalsIgnoreCase("chunked")) {
                throw new HttpSyntaxException("Transfer-Encoding: " + codings + " (expected: chunked)");
            }
            return new H1Body(this, H1Body.CHUNKED);
        }
        if (lengths.isEmpty()) {
            return otherwise;
        }
        if (lengths.size() > 1 || !lengths.getFirst().matches("[0-9]{1,18}")) {
            throw new HttpSyntaxException("Content-Length: " + lengths + " (expected: one decimal number)");
        }
        return new H1Body(this, Long.parseLong(lengths.getFirst()));
    }

    String needLine() throws IOException {
        String line = line();
        if (line == null) {
            throw new EOFException("the connection ended after " + quoted(raw.toString()));
        }
        return line;
    }

    private @Nullable String line() throws IOException {
        StringBuilder line = new StringBuilder();
        while (true) {
            int b = in.read();
            if (b < 0) {
                if (line.isEmpty()) {
                    return null;
                }
                throw new EOFException("the connection ended within a line: " + quoted(line.toString()));
            }
            raw.append((char) b);
            if (b == '\n') {
                if (line.isEmpty() || line.charAt(line.length() - 1) != '\r') {
                    throw new HttpSyntaxException("a line ends with a bare LF: " + quoted(line.toString()));
                }
                line.setLength(line.length() - 1);
                return line.toString();
            }
            line.append((char) b);
            if (line.length() > MAX_HEAD || raw.length() > MAX_HEAD) {
                throw new HttpSyntaxException("a head of more than " + MAX_HEAD + " bytes");
            }
        }
    }

    void forgetRaw() {
        raw.setLength(0);
    }

    public static String quoted(String text) {
        StringBuilder out = new StringBuilder("\"");
        for (int i = 0; i < Math.min(text.length(), 400); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '\r' -> out.append("\\r");
                case '\n' -> out.append("\\n");
                case '"' -> out.append("\\\"");
                default -> {
                    if (c < 0x20 || c > 0x7e) {
                        out.append(String.format("\\x%02x", (int) c));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        return out.append(text.length() > 400 ? "…\"" : "\"").toString();
    }

    public static byte[] latin1(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
