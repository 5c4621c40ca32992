package egress.policy;

import io.netty.buffer.ByteBuf;
import io.netty.util.ByteProcessor;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Looks in a form of pairs ({@code application/x-www-form-urlencoded}) for the parameter that asks the origin for another method. */
final class FormOverrides implements BodyJudge {
    /** Longest name or value that matters, percent-encoded twice and padded. */
    private static final int LONGEST = 1024;

    private static final String WORD = "method";

    /** What each octet is: a body of another kind than a form, such as an archive, comes through here an octet at a time. */
    private static final byte[] KINDS = new byte[256];

    private static final byte END = 1;
    private static final byte EQUALS = 2;

    static {
        for (char end : new char[] {'&', ';', '?', '\n', '\r'}) {
            KINDS[end] = END;
        }
        KINDS['='] = EQUALS;
    }

    private final Function<String, Verdict.@Nullable Deny> byMethod;
    private final ByteProcessor pairReader = this::readPair;
    /** What was read of a name or value, in Latin-1. */
    private byte[] text = new byte[32];

    private final boolean declared;
    private int length;

    /** Whether the pair that is being read names the parameter. */
    private boolean named;

    private boolean inValue;
    private Verdict.@Nullable Deny denied;

    /**
     * @param declared whether the head declares a form
     * @param byMethod the denial of a request by that method; null where it is allowed
     */
    FormOverrides(boolean declared, Function<String, Verdict.@Nullable Deny> byMethod) {
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
            bytes.forEachByte(pairReader);
        }
        return denied;
    }

    @Override
    public Verdict.@Nullable Deny end() {
        if (denied == null) {
            pairEnds();
        }
        return denied;
    }

    private boolean readPair(byte octet) {
        byte kind = KINDS[octet & 0xff];
        if (kind == END) {
            pairEnds();
        } else if (kind == EQUALS && !inValue) {
            named = isNamed();
            inValue = true;
            length = 0;
        } else if ((!inValue || named) && length < LONGEST) {
            if (length == text.length) {
                text = Arrays.copyOf(text, length * 2);
            }
            text[length++] = octet;
            if (length <= 3 && kind != EQUALS) {
                dropLeadingSpace();
            }
        }
        return denied == null;
    }

    /** Padding of any length, which is no part of a name or value. */
    private void dropLeadingSpace() {
        if (length == 1 && (text[0] == '+' || (text[0] & 0xff) <= ' ')
                || length == 3 && text[0] == '%' && QueryForms.readings(text()).contains("")) {
            length = 0;
        }
    }

    private String text() {
        return new String(text, 0, length, StandardCharsets.ISO_8859_1);
    }

    private boolean isNamed() {
        if (!holdsWordOrCode()) {
            return false;
        }
        for (String reading : QueryForms.readings(text())) {
            if (MethodOverrides.isParameter(reading)) {
                return true;
            }
        }
        return false;
    }

    /** Whether the name holds the word that all of these names hold, or a code that may hide one of its letters. */
    private boolean holdsWordOrCode() {
        for (int i = 0; i < length; i++) {
            byte c = text[i];
            if ((c | 0x20) == 'm' && isWordAt(i)
                    || c == '%' && i + 2 < length && isHex(text[i + 1]) && isHex(text[i + 2])) {
                return true;
            }
        }
        return false;
    }

    private boolean isWordAt(int start) {
        if (start + WORD.length() > length) {
            return false;
        }
        for (int i = 0; i < WORD.length(); i++) {
            if ((text[start + i] | 0x20) != WORD.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private static boolean isHex(byte c) {
        return c >= 0 && Character.digit(c, 16) >= 0;
    }

    private void pairEnds() {
        if (inValue && named) {
            for (String method : QueryForms.readings(text())) {
                judge(method);
            }
        }
        length = 0;
        inValue = false;
        named = false;
    }

    private void judge(String method) {
        if (denied == null && !method.isEmpty()) {
            denied = byMethod.apply(method);
        }
    }
}
