package egress.dlp.builtin.decode;

import egress.dlp.builtin.match.CharTables;
import egress.dlp.builtin.scan.ScanWindow;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * One reading of every inline escape: percent (RFC 3986, and {@code %uXXXX}), backslash (JSON, JavaScript, C, shell), HTML character
 * references; and quoted-printable (RFC 2045) by itself.
 */
final class EscapeDecoder {
    private static final Map<String, Integer> ENTITIES = Map.ofEntries(
            Map.entry("amp", (int) '&'),
            Map.entry("lt", (int) '<'),
            Map.entry("gt", (int) '>'),
            Map.entry("quot", (int) '"'),
            Map.entry("apos", (int) '\''),
            Map.entry("nbsp", (int) ' '),
            Map.entry("lowbar", (int) '_'),
            Map.entry("UnderBar", (int) '_'),
            Map.entry("hyphen", (int) '-'),
            Map.entry("dash", (int) '-'),
            Map.entry("period", (int) '.'),
            Map.entry("colon", (int) ':'),
            Map.entry("sol", (int) '/'),
            Map.entry("plus", (int) '+'),
            Map.entry("equals", (int) '='),
            Map.entry("commat", (int) '@'),
            Map.entry("num", (int) '#'),
            Map.entry("excl", (int) '!'),
            Map.entry("dollar", (int) '$'),
            Map.entry("percnt", (int) '%'),
            Map.entry("bsol", (int) '\\'),
            Map.entry("shy", 0xad),
            Map.entry("zwj", 0x200d),
            Map.entry("zwnj", 0x200c));
    private static final int LONGEST_ENTITY = 12;

    private EscapeDecoder() {}

    static void decode(byte[] b, int from, int to, ScanWindow out) {
        int i = from;
        while (i < to) {
            byte c = b[i];
            int next = i;
            if (c == '%') {
                next = percent(b, i, to, out);
            } else if (c == '\\') {
                next = backslash(b, i, to, out);
            } else if (c == '&') {
                next = reference(b, i, to, out);
            }
            if (next == i) {
                out.put(c);
                next++;
            }
            i = next;
        }
    }

    static void quotedPrintable(byte[] b, int from, int to, ScanWindow out) {
        int i = from;
        while (i < to) {
            if (b[i] == '=' && i + 1 < to && (b[i + 1] == '\n' || b[i + 1] == '\r')) {
                i += i + 2 < to && b[i + 1] == '\r' && b[i + 2] == '\n' ? 3 : 2;
            } else if (b[i] == '=' && i + 2 < to && CharTables.hex(b, i + 1, 2) >= 0) {
                out.put(CharTables.hex(b, i + 1, 2));
                i += 3;
            } else {
                out.put(b[i++]);
            }
        }
    }

    private static int percent(byte[] b, int i, int to, ScanWindow out) {
        if (i + 5 < to && (b[i + 1] | 32) == 'u' && CharTables.hex(b, i + 2, 4) >= 0) {
            character(CharTables.hex(b, i + 2, 4), out);
            return i + 6;
        }
        if (i + 2 < to && CharTables.hex(b, i + 1, 2) >= 0) {
            out.put(CharTables.hex(b, i + 1, 2));
            return i + 3;
        }
        return i;
    }

    private static int backslash(byte[] b, int i, int to, ScanWindow out) {
        if (i + 1 >= to) {
            return i;
        }
        byte c = b[i + 1];
        return switch (c) {
            case 'u' -> unicode(b, i, to, out);
            case 'U' -> wide(b, i, to, out);
            case 'x' -> hexByte(b, i, to, out);
            case '0', '1', '2', '3', '4', '5', '6', '7' -> octal(b, i, to, out);
            case '\r', '\n' -> c == '\r' && i + 2 < to && b[i + 2] == '\n' ? i + 3 : i + 2;
            default -> {
                int plain = "nrtbf".indexOf(c);
                out.put(plain < 0 ? c : "\n\r\t\b\f".charAt(plain));
                yield i + 2;
            }
        };
    }

    private static int wide(byte[] b, int i, int to, ScanWindow out) {
        int value = i + 9 < to ? CharTables.hex(b, i + 2, 8) : -1;
        if (value < 0) {
            return i;
        }
        character(value, out);
        return i + 10;
    }

    private static int hexByte(byte[] b, int i, int to, ScanWindow out) {
        if (i + 3 < to && b[i + 2] == '{') {
            return braced(b, i, to, out);
        }
        int value = i + 3 < to ? CharTables.hex(b, i + 2, 2) : -1;
        if (value < 0) {
            return i;
        }
        out.put(value);
        return i + 4;
    }

    private static int unicode(byte[] b, int i, int to, ScanWindow out) {
        if (i + 3 < to && b[i + 2] == '{') {
            return braced(b, i, to, out);
        }
        int high = i + 5 < to ? CharTables.hex(b, i + 2, 4) : -1;
        if (high < 0) {
            return i;
        }
        boolean surrogate = high >= 0xd800 && high < 0xdc00;
        if (surrogate && i + 11 < to && b[i + 6] == '\\' && b[i + 7] == 'u') {
            int low = CharTables.hex(b, i + 8, 4);
            if (low >= 0xdc00 && low < 0xe000) {
                character(Character.toCodePoint((char) high, (char) low), out);
                return i + 12;
            }
        }
        character(high, out);
        return i + 6;
    }

    private static int braced(byte[] b, int i, int to, ScanWindow out) {
        int value = 0;
        for (int k = i + 3; k < to && k - i < 12; k++) {
            if (b[k] == '}') {
                character(value, out);
                return k + 1;
            }
            int d = CharTables.hex(b[k]);
            if (d < 0) {
                return i;
            }
            value = value << 4 | d;
        }
        return i;
    }

    private static int octal(byte[] b, int i, int to, ScanWindow out) {
        int value = 0;
        int k = i + 1;
        while (k < to && k - i <= 3 && b[k] >= '0' && b[k] <= '7') {
            value = value * 8 + b[k++] - '0';
        }
        out.put(value);
        return k;
    }

    // A number of any length; what reads HTML needs no semicolon behind it.
    private static int number(byte[] b, int i, int to, ScanWindow out) {
        boolean hex = i + 2 < to && (b[i + 2] | 32) == 'x';
        int begin = i + (hex ? 3 : 2);
        int value = 0;
        int k = begin;
        for (int d; k < to && (d = CharTables.hex(b[k])) >= 0 && (hex || d < 10); k++) {
            value = Math.min(Character.MAX_CODE_POINT + 1, value * (hex ? 16 : 10) + d);
        }
        if (k == begin) {
            return i;
        }
        character(value, out);
        return k < to && b[k] == ';' ? k + 1 : k;
    }

    private static int reference(byte[] b, int i, int to, ScanWindow out) {
        if (i + 1 < to && b[i + 1] == '#') {
            return number(b, i, to, out);
        }
        int end = i + 1;
        while (end < to && end - i <= LONGEST_ENTITY && b[end] != ';') {
            end++;
        }
        if (end >= to || b[end] != ';' || end == i + 1) {
            return i;
        }
        String name = new String(b, i + 1, end - i - 1, StandardCharsets.ISO_8859_1);
        int value = ENTITIES.getOrDefault(name, -1);
        if (value < 0) {
            return i;
        }
        character(value, out);
        return end + 1;
    }

    private static void character(int c, ScanWindow out) {
        if (c < 0x80) {
            out.put(c);
        } else if (Character.isValidCodePoint(c) && (c < 0xd800 || c > 0xdfff)) {
            byte[] utf8 = Character.toString(c).getBytes(StandardCharsets.UTF_8);
            out.put(utf8, 0, utf8.length);
        } else {
            out.put(' ');
        }
    }
}
