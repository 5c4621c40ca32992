package egress.http;

/** The character classes of RFC 9110 §5 over octets, and ASCII comparisons that know no locale. */
final class Octets {
    private static final boolean[] TOKEN = new boolean[256];
    private static final boolean[] FIELD_VALUE = new boolean[256];

    static {
        for (char c = '0'; c <= '9'; c++) {
            TOKEN[c] = true;
        }
        for (char c = 'a'; c <= 'z'; c++) {
            TOKEN[c] = true;
            TOKEN[c - 32] = true;
        }
        for (char c : "!#$%&'*+-.^_`|~".toCharArray()) {
            TOKEN[c] = true;
        }
        FIELD_VALUE['\t'] = true;
        for (int c = 0x20; c < 0x100; c++) {
            FIELD_VALUE[c] = c != 0x7F;
        }
    }

    private Octets() {}

    /** A tchar (RFC 9110 §5.6.2). */
    static boolean isToken(int octet) {
        return octet < 256 && TOKEN[octet];
    }

    /** VCHAR, obs-text, SP and HTAB (RFC 9110 §5.5). */
    static boolean isFieldValue(int octet) {
        return octet < 256 && FIELD_VALUE[octet];
    }

    /** What may stand in a request target: no space, control or raw non-ASCII octet (RFC 9112 §3.2, RFC 3986). */
    static boolean isTarget(int octet) {
        return octet > 0x20 && octet < 0x7F;
    }

    /** Whether the text is the lower-case ASCII word, letters compared without case; no other folding. */
    static boolean equalsIgnoreAsciiCase(CharSequence text, String lowerCaseWord) {
        if (text.length() != lowerCaseWord.length()) {
            return false;
        }
        for (int i = 0; i < lowerCaseWord.length(); i++) {
            char c = text.charAt(i);
            if ((c >= 'A' && c <= 'Z' ? c + 32 : c) != lowerCaseWord.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /**
     * A Content-Length (RFC 9110 §8.6): digits only, below 2^63.
     *
     * @throws HttpFormatException when it is anything else
     */
    static long contentLength(CharSequence value) {
        int length = value.length();
        if (length == 0 || length > 18) {
            throw new HttpFormatException("Content-Length: not a number of 1 to 18 digits");
        }
        long result = 0;
        for (int i = 0; i < length; i++) {
            char c = value.charAt(i);
            if (c < '0' || c > '9') {
                throw new HttpFormatException("Content-Length: not a number of 1 to 18 digits");
            }
            result = result * 10 + (c - '0');
        }
        return result;
    }
}
