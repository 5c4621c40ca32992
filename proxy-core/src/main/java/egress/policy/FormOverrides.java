package egress.policy;

import io.netty.buffer.ByteBuf;
import io.netty.util.ByteProcessor;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Looks in a form of pairs ({@code application/x-www-form-urlencoded}) for the parameter that asks the origin for another method. */
final class FormOverrides implements BodyJudge {
    /** Longest name or value that matters, percent-encoded twice and padded. */
    private static final int LONGEST = 1024;

    private static final String WORD = "method";

    private final Function<String, Verdict.@Nullable Deny> byMethod;
    private final ByteProcessor pairReader = this::readPair;
    private final StringBuilder text = new StringBuilder(32);
    private final boolean declared;

    /** Whether the pair that is being read names the parameter. */
    private boolean named;

    private boolean inValue;
    private Verdict.@Nullable Deny denied;

    /**
     * @param declared whether the head says that it is a form
     * @param byMethod what is said of a request by that method; null where it is allowed
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
}
