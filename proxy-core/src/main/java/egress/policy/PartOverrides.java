package egress.policy;

import io.netty.buffer.ByteBuf;
import io.netty.util.ByteProcessor;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Looks in a form of parts ({@code multipart/form-data}, RFC 7578) for the parameter that asks the origin for another
 * method: the name stands in a line of a part's head, and the value is the line after that head. Parsers differ in where
 * a head ends and in what a delimiter is, so that a name counts until a value for it was seen that no parser doubts.
 */
final class PartOverrides implements BodyJudge {
    /** Of a longer line so much is read at a time. */
    private static final int LONGEST = 1024;
    /** What is read again with what follows: no name is longer, percent-encoded twice. */
    private static final int OVERLAP = 256;

    private static final String WORD = "method";
    private static final String CODING = "content-transfer-encoding";

    /** The one way to write a boundary that is read alike by all (RFC 2046 §5.1.1). */
    private static final Pattern BOUNDARY =
            Pattern.compile("boundary=(?:\"([^\"\\\\]+)\"|([^\\s\"\\\\;,]+))(?:;.*)?", Pattern.CASE_INSENSITIVE);

    /** A name in pieces (RFC 2231 §3), which no form has, and which some put together all the same. */
    private static final Pattern IN_PIECES = Pattern.compile("(?<![a-z])name\\s*\\*\\s*[0-9]");

    private static final Verdict.Deny CODED = new Verdict.Deny(
            DenyReason.METHOD_NOT_ALLOWED, "a form names a method in a transfer encoding, which is not read");

    private final Function<String, Verdict.@Nullable Deny> byMethod;
    private final ByteProcessor reader = this::read;
    private final StringBuilder text = new StringBuilder(64);
    /** Null where the type names none, or not plainly one. */
    private final @Nullable String delimiter;

    /** Whether what is read may belong to a part's head, to whichever parser. */
    private boolean inHead = true;
    /** A line has named the parameter. */
    private boolean named;
    /** And the head has seemed to end since. */
    private boolean inValue;
    /** The head names a transfer encoding (RFC 7578 §4.7). */
    private boolean coded;
    /** The line's beginning was read, and is no longer here. */
    private boolean isLong;
    /** The line before ended with both CR and LF. */
    private boolean afterCrLf;

    private Verdict.@Nullable Deny denied;

    /**
     * @param types the values of Content-Type
     * @param byMethod the denial of a request by that method; null where it is allowed
     */
    PartOverrides(List<String> types, Function<String, Verdict.@Nullable Deny> byMethod) {
        this.byMethod = byMethod;
        String boundary = types.size() == 1 ? boundary(types.getFirst()) : null;
        this.delimiter = boundary == null ? null : "--" + boundary;
    }

    private static @Nullable String boundary(String type) {
        int at = type.toLowerCase(Locale.ROOT).indexOf("boundary");
        Matcher matcher = BOUNDARY.matcher(at < 0 ? "" : type.substring(at));
        if (!matcher.matches()) {
            return null;
        }
        String boundary = matcher.group(1) == null ? matcher.group(2) : matcher.group(1);
        String rest = type.substring(at + matcher.end(matcher.group(1) == null ? 2 : 1));
        return rest.toLowerCase(Locale.ROOT).contains("boundary") ? null : boundary;
    }

    @Override
    public boolean holdsHead() {
        return true;
    }

    @Override
    public Verdict.@Nullable Deny take(ByteBuf bytes) {
        if (denied == null) {
            bytes.forEachByte(reader);
        }
        return denied;
    }

    @Override
    public Verdict.@Nullable Deny end() {
        if (denied == null) {
            lineEnds();
        }
        return denied;
    }

    private boolean read(byte octet) {
        char c = (char) (octet & 0xff);
        if (c == '\n') {
            lineEnds();
        } else {
            if (text.length() == LONGEST) {
                shorten();
            }
            text.append(c);
        }
        return denied == null;
    }

    private void shorten() {
        named |= names(text.toString());
        text.delete(0, LONGEST - OVERLAP);
        isLong = true;
    }

    private void lineEnds() {
        boolean crLf = text.length() > 0 && text.charAt(text.length() - 1) == '\r';
        boolean isEmpty = !isLong && text.length() == (crLf ? 1 : 0);
        String line = text.toString().strip();
        boolean delimits = !isLong && isDelimiter(line);
        text.setLength(0);
        isLong = false;
        if (line.isEmpty()) {
            inValue |= named;
        } else {
            if (inValue && named) {
                value(line);
            }
            named |= names(line);
        }
        if (isEmpty && crLf && afterCrLf) {
            inHead = false;
        }
        if (delimits && !inHead) {
            forget();
            coded = false;
            inHead = true;
        }
        afterCrLf = crLf;
    }

    private boolean isDelimiter(String line) {
        return delimiter != null
                && line.startsWith(delimiter)
                && (line.length() == delimiter.length()
                        || line.substring(delimiter.length()).equals("--"));
    }

    private void value(String line) {
        if (coded) {
            denied = denied == null ? CODED : denied;
        } else if (isWord(line)) {
            denied = denied == null ? byMethod.apply(line) : denied;
        }
        if (!inHead) {
            forget();
        }
    }

    private void forget() {
        named = false;
        inValue = false;
    }

    private static boolean isWord(String line) {
        return !line.isEmpty() && line.length() <= 32 && line.chars().allMatch(c -> c < 0x80 && Character.isLetter(c));
    }

    /** Whether one of the words between a line's quotes and separators is the parameter. */
    private boolean names(String line) {
        String folded = line.toLowerCase(Locale.ROOT);
        coded |= folded.startsWith(CODING) && (folded.contains("base64") || folded.contains("quoted"));
        if (folded.indexOf('*') >= 0 && IN_PIECES.matcher(folded).find()) {
            return true;
        }
        if (!folded.contains(WORD) && folded.indexOf('%') < 0 && folded.indexOf('\\') < 0) {
            return false;
        }
        return namesWord(folded) || folded.indexOf('\\') >= 0 && namesWord(folded.replace("\\", ""));
    }

    private static boolean namesWord(String folded) {
        for (String word : folded.split("[\\s\"'=;,]+", -1)) {
            for (String reading : QueryForms.readings(word)) {
                if (MethodOverrides.isParameter(reading)) {
                    return true;
                }
            }
        }
        return false;
    }
}
