package egress.http;

/** Untrusted text in messages: no control character, no line break, no terminal escape gets through. */
public final class Printable {
    private static final int LONGEST = 120;

    private Printable() {}

    /** The text in double quotes, in printable ASCII, cut after 120 characters. */
    public static String quote(CharSequence text) {
        StringBuilder quoted = new StringBuilder(Math.min(text.length(), LONGEST) + 8).append('"');
        for (int i = 0; i < Math.min(text.length(), LONGEST); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                quoted.append('\\').append(c);
            } else if (c >= ' ' && c < 0x7f) {
                quoted.append(c);
            } else {
                quoted.append("\\u");
                String hex = Integer.toHexString(c);
                quoted.repeat('0', 4 - hex.length()).append(hex);
            }
        }
        return quoted.append(text.length() > LONGEST ? "...\"" : "\"").toString();
    }
}
