package egress.policy;

import io.netty.buffer.ByteBuf;
import io.netty.util.ByteProcessor;
import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Looks in a form for the parameter that asks the origin for another method: in pairs ({@code
 * application/x-www-form-urlencoded}), and in parts ({@code multipart/form-data}, RFC 7578), where the name stands in a
 * line of a part's head and the value is the line after that head.
 */
final class FormOverrides implements BodyJudge {
    /** Longest name, value or line that matters, percent-encoded twice and padded. */
    private static final int LONGEST = 1024;

    private static final String WORD = "method";

    private final Function<String, Verdict.@Nullable Deny> byMethod;
    private final ByteProcessor pairReader = this::readPair;
    private final ByteProcessor lineReader = this::readLine;
    private final StringBuilder text = new StringBuilder(32);
    private final boolean multipart;
    private final boolean declared;

    /** The name of the pair whose value is being read; the part's head has named the parameter. */
    private boolean named;

    private boolean inValue;
    private Verdict.@Nullable Deny denied;

    /**
     * @param declared whether the head says that it is a form
     * @param byMethod what is said of a request by that method; null where it is allowed
     */
    FormOverrides(boolean multipart, boolean declared, Function<String, Verdict.@Nullable Deny> byMethod) {
        this.multipart = multipart;
        this.declared = declared;
        this.byMethod = byMethod;
    }

    @Override
    public boolean holdsHead() {
        return declared;
    }

    @Override
    public Verdict.@Nullable Deny take(ByteBuf bytes) {
        if (denied == null) {
            bytes.forEachByte(multipart ? lineReader : pairReader);
        }
        return denied;
    }

    @Override
    public Verdict.@Nullable Deny end() {
        if (denied == null) {
            if (multipart) {
                lineEnds();
            } else {
                pairEnds();
            }
        }
        return denied;
    }

    private boolean readPair(byte octet) {
        char c = (char) (octet & 0xff);
        switch (c) {
            case '&', ';', '?', '\n', '\r' -> pairEnds();
            case '=' -> {
                if (inValue) {
                    add(c);
                } else {
                    named = isNamed();
                    inValue = true;
                    text.setLength(0);
                }
            }
            default -> {
                if (!inValue || named) {
                    add(c);
                    dropLeadingSpace();
                }
            }
        }
        return denied == null;
    }

    private void add(char c) {
        if (text.length() < LONGEST) {
            text.append(c);
        }
    }

    /** Padding of any length, which is no part of a name or value. */
    private void dropLeadingSpace() {
        int length = text.length();
        if (length == 1 && (text.charAt(0) == '+' || text.charAt(0) <= ' ')
                || length == 3
                        && text.charAt(0) == '%'
                        && QueryForms.readings(text.toString()).contains("")) {
            text.setLength(0);
        }
    }

    private boolean isNamed() {
        if (text.length() < WORD.length()) {
            return false;
        }
        for (String reading : QueryForms.readings(text.toString())) {
            if (MethodOverrides.isParameter(reading)) {
                return true;
            }
        }
        return false;
    }

    private void pairEnds() {
        if (inValue && named) {
            for (String method : QueryForms.readings(text.toString())) {
                judge(method);
            }
        }
        text.setLength(0);
        inValue = false;
        named = false;
    }

    private void judge(String method) {
        if (denied == null && !method.isEmpty()) {
            denied = byMethod.apply(method);
        }
    }

    private boolean readLine(byte octet) {
        char c = (char) (octet & 0xff);
        if (c == '\n') {
            lineEnds();
        } else {
            add(c);
        }
        return denied == null;
    }

    /** Lines of a part's head, the empty line, and the value: of files they are read alike, and hardly ever say this. */
    private void lineEnds() {
        String line = text.toString().strip();
        text.setLength(0);
        if (inValue && !line.isEmpty()) {
            inValue = false;
            named = false;
            if (isWord(line)) {
                judge(line);
            }
        } else if (line.isEmpty()) {
            inValue |= named;
        } else {
            named |= names(line);
        }
        if (line.startsWith("--")) {
            named = false;
        }
    }

    private static boolean isWord(String line) {
        return !line.isEmpty() && line.length() <= 32 && line.chars().allMatch(c -> c < 0x80 && Character.isLetter(c));
    }

    /** Whether one of the words between a line's quotes and separators is the parameter. */
    private static boolean names(String line) {
        String folded = line.toLowerCase(Locale.ROOT);
        if (!folded.contains(WORD) && folded.indexOf('%') < 0) {
            return false;
        }
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
