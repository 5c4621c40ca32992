package egress.server.routes;

/** Values in error sentences: quoted, on one line, not endless. */
final class Words {
    private static final int LONGEST = 80;

    private Words() {}

    static String quoted(String value) {
        StringBuilder out = new StringBuilder("\"");
        for (int i = 0; i < value.length() && i < LONGEST; i++) {
            char c = value.charAt(i);
            if (c < 0x20
                    || c >= 0x7F && c < 0xA0
                    || c == '"'
                    || c == '\\'
                    || Character.getType(c) == Character.FORMAT) {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        return out.append(value.length() > LONGEST ? "…\"" : "\"").toString();
    }
}
