package egress.policy;

import io.netty.buffer.ByteBuf;
import io.netty.util.ByteProcessor;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads what an LFS client wants to move (the batch API of Git LFS): JSON whose {@code operation} must be {@code
 * download}, each time it stands there, under every spelling that a decoder may take for the key. What is no JSON to the
 * letter (RFC 8259) is taken for an upload: a decoder that is more lenient could read anything.
 */
final class LfsBatch implements BodyJudge {
    private static final String KEY = "operation";
    private static final String DOWNLOAD = "download";
    private static final Pattern LITERAL =
            Pattern.compile("true|false|null|-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?");

    private static final int DEEPEST = 64;
    /** Longer words are neither the key nor its value, and no number or literal. */
    private static final int LONGEST = 64;

    private enum Expects {
        VALUE,
        VALUE_OR_END,
        KEY,
        KEY_OR_END,
        COLON,
        COMMA_OR_END,
        NOTHING
    }

    private static final Verdict.Deny UPLOAD = new Verdict.Deny(
            DenyReason.GIT_PUSH, "git lfs push over http is not allowed on any host: push through the git gate");
    static final Verdict.Deny UNREADABLE = new Verdict.Deny(
            DenyReason.GIT_PUSH,
            "a git lfs batch that cannot be read is taken for a push, which is not allowed on any host");

    private final boolean mayBeEmpty;
    private final ByteProcessor reader = this::read;
    private final boolean[] objects = new boolean[DEEPEST];
    private final StringBuilder word = new StringBuilder(LONGEST);
    private int depth;
    private Expects expects = Expects.VALUE;
    private boolean inString;
    private boolean inLiteral;
    private boolean isKey;
    private boolean isOperation;
    private boolean downloads;
    private boolean wordTooLong;
    /** -1 outside of an escape, 0 after its backslash, then the digits of {@code \\u} still to come, plus one. */
    private int escape = -1;

    private int unit;
    private boolean empty = true;
    private Verdict.@Nullable Deny denied;

    /** @param mayBeEmpty whether a request without a body asks for nothing, as one that is safe does */
    LfsBatch(boolean mayBeEmpty) {
        this.mayBeEmpty = mayBeEmpty;
    }

    @Override
    public boolean holdsHead() {
        return true;
    }

    @Override
    public Verdict.@Nullable Deny take(ByteBuf bytes) {
        if (denied == null && bytes.isReadable()) {
            empty = false;
            bytes.forEachByte(reader);
        }
        return denied;
    }

    @Override
    public Verdict.@Nullable Deny end() {
        if (denied == null && !(empty && mayBeEmpty) && (expects != Expects.NOTHING || !downloads)) {
            denied = UNREADABLE;
        }
        return denied;
    }

    private boolean read(byte octet) {
        char c = (char) (octet & 0xff);
        if (inString) {
            string(c);
        } else if (inLiteral && isLiteral(c)) {
            add(c);
        } else {
            if (inLiteral) {
                literalEnds();
            }
            structure(c);
        }
        return denied == null;
    }

    private void structure(char c) {
        switch (c) {
            case ' ', '\t', '\r', '\n' -> {}
            case '{', '[' -> opens(c == '{');
            case '}', ']' -> closes(c == '}');
            case ',' -> separates(Expects.COMMA_OR_END, objects[top()] ? Expects.KEY : Expects.VALUE);
            case ':' -> separates(Expects.COLON, Expects.VALUE);
            case '"' -> {
                isKey = expects == Expects.KEY || expects == Expects.KEY_OR_END;
                refuseIf(depth == 0 || !isKey && !expectsValue());
                inString = true;
                begin();
            }
            default -> {
                refuseIf(depth == 0 || !expectsValue() || !isLiteral(c));
                inLiteral = true;
                begin();
                add(c);
            }
        }
    }

    private int top() {
        return Math.max(depth - 1, 0);
    }

    private boolean expectsValue() {
        return expects == Expects.VALUE || expects == Expects.VALUE_OR_END;
    }

    private void opens(boolean object) {
        refuseIf(!expectsValue() || depth == DEEPEST || depth == 0 && !object);
        if (depth == 1 && isOperation) {
            denied = UPLOAD;
        }
        if (denied == null) {
            objects[depth++] = object;
            expects = object ? Expects.KEY_OR_END : Expects.VALUE_OR_END;
        }
    }

    private void closes(boolean object) {
        Expects empty = object ? Expects.KEY_OR_END : Expects.VALUE_OR_END;
        refuseIf(depth == 0 || objects[top()] != object || expects != Expects.COMMA_OR_END && expects != empty);
        if (denied == null) {
            depth--;
            valueEnds();
            refuseIf(depth == 0 && !downloads);
        }
    }

    private void separates(Expects expected, Expects next) {
        refuseIf(expects != expected || depth == 0);
        expects = next;
    }

    private void valueEnds() {
        expects = depth == 0 ? Expects.NOTHING : Expects.COMMA_OR_END;
    }

    private void begin() {
        word.setLength(0);
        wordTooLong = false;
    }

    private void add(char c) {
        if (word.length() < LONGEST) {
            word.append(c);
        } else {
            wordTooLong = true;
        }
    }

    private void string(char c) {
        if (escape > 0) {
            int digit = c < 0x80 ? Character.digit(c, 16) : -1;
            refuseIf(digit < 0);
            unit = unit << 4 | digit;
            if (--escape == 0) {
                add((char) unit);
                escape = -1;
            }
        } else if (escape == 0) {
            escape = -1;
            escaped(c);
        } else if (c == '\\') {
            escape = 0;
        } else if (c == '"') {
            inString = false;
            stringEnds();
        } else {
            // Octets that UTF-8 never has: an overlong form of a quote would end the string for some.
            refuseIf(c < ' ' || c == 0xc0 || c == 0xc1 || c > 0xf4);
            add(c);
        }
    }

    private void escaped(char c) {
        if (c == 'u') {
            escape = 4;
            unit = 0;
            return;
        }
        int at = "\"\\/bfnrt".indexOf(c);
        refuseIf(at < 0);
        add(at < 0 ? ' ' : "\"\\/\b\f\n\r\t".charAt(at));
    }

    private void stringEnds() {
        String text = word.toString();
        if (isKey) {
            isOperation = depth == 1 && !wordTooLong && text.strip().equalsIgnoreCase(KEY);
            expects = Expects.COLON;
            return;
        }
        if (depth == 1 && isOperation) {
            if (wordTooLong || !text.equals(DOWNLOAD)) {
                denied = UPLOAD;
                return;
            }
            downloads = true;
        }
        valueEnds();
    }

    private void literalEnds() {
        inLiteral = false;
        String text = word.toString();
        refuseIf(wordTooLong || !LITERAL.matcher(text).matches() || depth == 1 && isOperation);
        valueEnds();
    }

    private static boolean isLiteral(char c) {
        return c >= 'a' && c <= 'z' || c == 'E' || c >= '0' && c <= '9' || c == '-' || c == '+' || c == '.';
    }

    private void refuseIf(boolean wrong) {
        if (wrong && denied == null) {
            denied = UNREADABLE;
        }
    }
}
