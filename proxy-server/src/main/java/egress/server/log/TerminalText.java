package egress.server.log;

import java.util.Locale;

/** How the gate writes for people: nothing that a terminal would obey, sizes and times short. */
public final class TerminalText {
    private static final String SIZES = "kMGT";

    private TerminalText() {}

    /** The text in printable ASCII: controls, escapes and line breaks become {@code \x0a}, other letters {@code \u00e9}. */
    public static String printable(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (!isPrintable(text.charAt(i))) {
                return appendPrintable(new StringBuilder(text.length() + 16), text)
                        .toString();
            }
        }
        return text;
    }

    private static StringBuilder appendPrintable(StringBuilder to, String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (isPrintable(c)) {
                to.append(c);
            } else {
                String hex = Integer.toHexString(c);
                int width = c < 0x80 ? 2 : 4;
                to.append(c < 0x80 ? "\\x" : "\\u")
                        .repeat('0', width - hex.length())
                        .append(hex);
            }
        }
        return to;
    }

    private static boolean isPrintable(char c) {
        return c >= ' ' && c < 0x7f;
    }

    /** At most so many characters, an ellipsis for the rest. */
    static String cut(String text, int most) {
        return text.length() <= most ? text : text.substring(0, most) + "...";
    }

    /** {@code 0b}, {@code 999b}, {@code 1.0k}, {@code 25.0M}. */
    static String size(long bytes) {
        if (bytes < 1024) {
            return bytes + "b";
        }
        double size = bytes;
        int unit = -1;
        while (size >= 1024 && unit < SIZES.length() - 1) {
            size /= 1024;
            unit++;
        }
        return String.format(Locale.ROOT, size >= 100 ? "%.0f%c" : "%.1f%c", size, SIZES.charAt(unit));
    }

    /** {@code 0ms}, {@code 12ms}, {@code 1.5s}, {@code 12m 5s}. */
    static String time(long nanos) {
        long millis = Math.max(0, nanos) / 1_000_000;
        if (millis < 1000) {
            return millis + "ms";
        }
        if (millis < 100_000) {
            return String.format(Locale.ROOT, "%.1fs", millis / 1000.0);
        }
        return millis / 60_000 + "m " + millis / 1000 % 60 + "s";
    }
}
