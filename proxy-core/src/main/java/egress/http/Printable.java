package egress.http;

import java.util.regex.Pattern;

/** Untrusted text in messages: no control character, no line break, no terminal escape, no markup gets through. */
public final class Printable {
    private static final int LONGEST = 120;

    private static final String HIDDEN = "********";

    /** What ends user information, as it is or percent-encoded. */
    private static final Pattern USER = Pattern.compile("(?s).*(@|%40)");

    private Printable() {}

    /** A host as {@link #quote}, without user information, which may be a password. */
    public static String quoteHost(String text) {
        return quote(USER.matcher(text).replaceFirst(HIDDEN + "@"));
    }

    /** A target as {@link #quote}, without query and fragment, which may hold a token. */
    public static String quoteTarget(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '?' || c == '#') {
                return quote(text.substring(0, i + 1) + HIDDEN);
            }
        }
        return quote(text);
    }

    /** The text in double quotes, in printable ASCII, cut after 120 characters. */
    public static String quote(CharSequence text) {
        StringBuilder quoted = new StringBuilder(Math.min(text.length(), LONGEST) + 8).append('"');
        for (int i = 0; i < Math.min(text.length(), LONGEST); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                quoted.append('\\').append(c);
            } else if (isPrintable(c) && c != '<' && c != '>') {
                quoted.append(c);
            } else {
                appendHex(quoted.append("\\u"), c, 4);
            }
        }
        return quoted.append(text.length() > LONGEST ? "...\"" : "\"").toString();
    }

    /** The whole text on one line of printable ASCII: a line break becomes {@code \x0a}, a letter that is not ASCII its code, such as 00e9. */
    public static String line(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (!isPrintable(text.charAt(i))) {
                return escaped(text);
            }
        }
        return text;
    }

    private static String escaped(String text) {
        StringBuilder line = new StringBuilder(text.length() + 16);
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (isPrintable(c)) {
                line.append(c);
            } else if (c < 0x80) {
                appendHex(line.append("\\x"), c, 2);
            } else {
                appendHex(line.append("\\u"), c, 4);
            }
        }
        return line.toString();
    }

    private static boolean isPrintable(char c) {
        return c >= ' ' && c < 0x7f;
    }

    private static void appendHex(StringBuilder to, char c, int width) {
        String hex = Integer.toHexString(c);
        to.repeat('0', width - hex.length()).append(hex);
    }
}
