package egress.dlp.pipelock;

import egress.dlp.HeaderField;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads HTTP/1.1 off a connection, strictly and within bounds; whatever is not exact is a {@link WireException}. */
final class WireReader {
    private static final int LONGEST_HEAD = 2 << 20;
    private static final Pattern LENGTH = Pattern.compile("[0-9]{1,18}");

    private final InputStream in;
    private final byte[] buffer = new byte[8192];
    private int at;
    private int end;
    private long taken;
    private int head;

    WireReader(InputStream in) {
        this.in = in;
    }

    /** How many bytes have come so far. */
    long taken() {
        return taken;
    }

    /** Whether bytes came that answer no request. */
    boolean hasSurplus() {
        return at < end;
    }

    /** The next start line, or null when the connection ended before its first byte. */
    @Nullable
    String startLine() throws IOException {
        head = 0;
        return line();
    }

    /** Field lines up to the empty line. */
    List<HeaderField> fields() throws IOException {
        List<HeaderField> fields = new ArrayList<>();
        for (String line = needLine(); !line.isEmpty(); line = needLine()) {
            int colon = line.indexOf(':');
            String name = colon < 0 ? "" : line.substring(0, colon);
            String value = line.substring(colon + 1).strip();
            if (!Syntax.isToken(name) || !Syntax.isFieldValue(value)) {
                throw new WireException("a malformed field line");
            }
            fields.add(new HeaderField(name, value));
        }
        return fields;
    }

    /** The body that follows a head with these fields. {@code untilClose}: without a length it lasts as long as the connection. */
    WireBody body(List<HeaderField> fields, boolean untilClose) throws IOException {
        List<String> codings = Syntax.values(fields, "transfer-encoding");
        List<String> lengths = Syntax.values(fields, "content-length");
        if (!codings.isEmpty()) {
            if (codings.size() > 1 || !codings.getFirst().equalsIgnoreCase("chunked") || !lengths.isEmpty()) {
                throw new WireException("a body whose length is not clear");
            }
            return WireBody.chunked(this);
        }
        if (lengths.isEmpty()) {
            return untilClose ? WireBody.untilClose(this) : WireBody.ofLength(this, 0);
        }
        if (lengths.size() > 1 || !LENGTH.matcher(lengths.getFirst()).matches()) {
            throw new WireException("a malformed Content-Length");
        }
        return WireBody.ofLength(this, Long.parseLong(lengths.getFirst()));
    }

    String needLine() throws IOException {
        String line = line();
        if (line == null) {
            throw new EOFException("the connection ended within a message");
        }
        return line;
    }

    int read(byte[] into, int offset, int count) throws IOException {
        if (at == end && !fill()) {
            return -1;
        }
        int n = Math.min(count, end - at);
        System.arraycopy(buffer, at, into, offset, n);
        at += n;
        return n;
    }

    void newHead() {
        head = 0;
    }

    private @Nullable String line() throws IOException {
        StringBuilder line = new StringBuilder();
        while (true) {
            if (at == end && !fill()) {
                if (line.isEmpty()) {
                    return null;
                }
                throw new EOFException("the connection ended within a line");
            }
            int c = buffer[at++] & 0xff;
            if (++head > LONGEST_HEAD) {
                throw new WireException("a head of more than " + LONGEST_HEAD + " bytes");
            }
            if (c == '\n') {
                if (line.isEmpty() || line.charAt(line.length() - 1) != '\r') {
                    throw new WireException("a line that does not end in CR LF");
                }
                line.setLength(line.length() - 1);
                return line.toString();
            }
            line.append((char) c);
        }
    }

    private boolean fill() throws IOException {
        int n = in.read(buffer, 0, buffer.length);
        if (n <= 0) {
            return false;
        }
        at = 0;
        end = n;
        taken += n;
        return true;
    }
}
