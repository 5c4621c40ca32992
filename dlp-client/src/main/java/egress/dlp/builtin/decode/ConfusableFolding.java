package egress.dlp.builtin.decode;

import egress.dlp.builtin.scan.ScanWindow;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Reads UTF-8 as the ASCII it looks like: compatibility forms (NFKC), letters of other scripts that look Latin, digits of any script;
 * what is invisible is left out, and everything else is a space.
 */
final class ConfusableFolding {
    private static final int DROP = 1;
    private static final int SPACE = ' ';
    private static final String LOOKALIKES =
            "аaеeоoрpсcуyхxіiјjѕsԁdһhԛqԝwкkмmтtвbнhгrпnАAВBЕEКKМMНHОOРPСCТTХXУYІIЈJЅSԌGԚQԜWЗ3Ғf"
                    + "αaοoρpνvυuιiκkτtχxγyηnωwεeβbσoδdμuζzΑAΒBΕEΖZΗHΙIΚKΜMΝNΟOΡPΤTΥYΧXϹCϳjϲcϜF"
                    + "ıiȷjɑaɡgøoØOđdĐDłlŁLħhĦHŧtŦTƅbɩiʋuſsƽsɛeɪiʏyɢgʀrʜhʟlʙbɴnᴀaᴄcᴅdᴇeᴊjᴋkᴍmᴏoᴘpᴛtᴜuᴠvᴡwᴢzꜰfꜱsꞯqɦhɾrɭl"
                    + "օoսuոnհhցgզqաwԼLՏSՕOՍUհhᎪAᏴBᏟCᎠDᎬEᎳWᏀGᎻHᎫJᏦKᏞLᎷMᏢPᎡRᏚSᎢTᏙVᏃZᎥiᎽYᏎ4"
                    + "ꓐBꓑPꓒdꓓDꓔTꓖGꓗKꓙJꓚCꓜZꓝFꓟMꓠNꓡLꓢSꓣRꓦVꓧHꓪWꓫXꓬYꓮAꓰEꓲIꓳOꓴUⲟoⲞOⲢPⲣpⲤCⲥcⲦTⲬXⲭx"
                    + "‐-‑-‒-–-—-−-⁃-﹘-˗-➖-‗_ˍ_﹍_․.·.•.꞉:∶:ː:։:⁄/∕/╱/⧸/꞊=᐀=﹢+➕+ǃ!";

    private static final int PAGE = 256;
    /** What the characters of each page of the BMP fold to, made when the first of a page is met: most texts meet few pages. */
    private static final AtomicReferenceArray<byte[]> PAGES = new AtomicReferenceArray<>(PAGE);

    private ConfusableFolding() {}

    /** Whether the lead byte at {@code i} begins something that may fold to a character of a token or to nothing. */
    static boolean mayFold(byte[] b, int i, int to) {
        int c = b[i] & 0xff;
        if (c < 0xc2) {
            return false;
        }
        int second = i + 1 < to ? b[i + 1] & 0xff : 0;
        return switch (c) {
            case 0xe2 -> !punctuation(second, i + 2 < to ? b[i + 2] & 0xff : 0);
            case 0xef -> second >= 0xb8;
            case 0xea -> second <= 0x9f || second >= 0xac;
            case 0xe3 -> second >= 0x85 && second <= 0x8b;
            case 0xf0 -> second == 0x9d || (second == 0x9f && i + 2 < to && (b[i + 2] & 0xff) <= 0x87);
            case 0xf3 -> true;
            default -> c <= 0xe1;
        };
    }

    // Quotes, bullets, ellipses, arrows and boxes stand in ordinary prose, and hide nothing.
    private static boolean punctuation(int second, int third) {
        if (second == 0x80) {
            return third == 0x94 || (third >= 0x98 && third <= 0xa7 && third != 0xa4);
        }
        return second == 0x86 || second == 0x87 || (second >= 0x94 && second <= 0x9f) || second == 0x82;
    }

    /** Whether the bytes are text in UTF-8 or UTF-16, a few strays aside: in compressed data and images there is nothing to unescape. */
    static boolean isText(byte[] b, int from, int to) {
        int strays = 0;
        int most = (to - from) / 12 + 2;
        int i = from;
        while (i < to) {
            int c = b[i] & 0xff;
            int length = 1;
            if (c >= 0x80) {
                length = isLoneSoftHyphen(b, i, from) ? 1 : length(b[i]);
                for (int k = 1; k < length && i + k < to; k++) {
                    length = (b[i + k] & 0xc0) == 0x80 ? length : 0;
                }
            } else if (c < 0x20 && c != '\n' && c != '\r' && c != '\t' && c != 0 && c != 0x1b) {
                length = 0;
            }
            if (length == 0) {
                if (++strays > most) {
                    return false;
                }
                length = 1;
            }
            i += length;
        }
        return true;
    }

    /** Whether the bytes are UTF-8 and mostly not ASCII; the last character may be cut. */
    static boolean looksUtf8(byte[] b) {
        int high = 0;
        int i = 0;
        while (i < b.length) {
            int length = length(b[i]);
            if (length == 0 || (b[i] >= 0 && b[i] < 9)) {
                return false;
            }
            for (int k = 1; k < length && i + k < b.length; k++) {
                if ((b[i + k] & 0xc0) != 0x80) {
                    return false;
                }
            }
            high += length > 1 ? 1 : 0;
            i += length;
        }
        return high >= 4;
    }

    static void decode(byte[] b, int from, int to, ScanWindow out) {
        boolean tagged = false;
        int i = from;
        while (i < to) {
            if (b[i] > 0) {
                out.put(b[i++]);
                tagged = false;
                continue;
            }
            int length = length(b[i]);
            if (b[i] == 0 || length == 0 || i + length > to) {
                if (b[i] != 0 && !isLoneSoftHyphen(b, i, from)) {
                    out.put(SPACE);
                }
                i++;
                continue;
            }
            int c = codePoint(b, i, length);
            boolean tag = c >= 0xe0020 && c <= 0xe007e;
            boolean more = tag && i + 7 < to && (b[i + 4] & 0xff) == 0xf3 && (b[i + 5] & 0xff) == 0xa0;
            // Tag characters in a row are a hidden text; alone between others they are noise.
            int ascii = tag && (tagged || more) ? c - 0xe0000 : fold(c);
            if (ascii != DROP) {
                out.put(ascii);
            }
            tagged = tag;
            i += length;
        }
    }

    /** U+00AD in ISO-8859-1, behind ASCII: in UTF-8 it cannot stand there. */
    static boolean isLoneSoftHyphen(byte[] b, int i, int low) {
        return (b[i] & 0xff) == 0xad && i > low && b[i - 1] > 0;
    }

    /** UTF-16 of either byte order as UTF-8; where most zeros stand tells which. */
    static void utf16(byte[] b, int from, int to, ScanWindow out) {
        int odd = 0;
        int even = 0;
        for (int i = from; i < to; i++) {
            if (b[i] == 0) {
                odd += i & 1;
                even += 1 - (i & 1);
            }
        }
        // Little-endian text has its zeros in the second byte of each pair; pairs begin so that zeros fall there.
        boolean zerosOdd = odd >= even;
        int start = (from & 1) == 0 ? from : from + 1;
        StringBuilder text = new StringBuilder((to - start) / 2);
        for (int i = start; i + 1 < to; i += 2) {
            int first = b[i] & 0xff;
            int second = b[i + 1] & 0xff;
            text.append((char) (zerosOdd ? second << 8 | first : first << 8 | second));
        }
        byte[] utf8 = text.toString().getBytes(StandardCharsets.UTF_8);
        out.put(utf8, 0, utf8.length);
    }

    private static int length(byte lead) {
        int c = lead & 0xff;
        if (c < 0x80) {
            return 1;
        }
        if (c < 0xc2 || c > 0xf4) {
            return 0;
        }
        return c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    }

    private static int codePoint(byte[] b, int i, int length) {
        int c = b[i] & (0xff >> (length + 1));
        for (int k = 1; k < length; k++) {
            c = (c << 6) | (b[i + k] & 0x3f);
        }
        return c;
    }

    private static int fold(int c) {
        if (c < 0x10000) {
            return page(c / PAGE)[c % PAGE];
        }
        if (c >= 0x1d400 && c <= 0x1d7ff) {
            int ascii = normalised(c);
            return ascii > 0x7f && ascii < 0x10000 ? fold(ascii) : ascii;
        }
        if (c >= 0x1f1e6 && c <= 0x1f1ff) {
            return 'A' + c - 0x1f1e6;
        }
        if (c >= 0x1f130 && c <= 0x1f189) {
            int letter = (c - 0x1f130) % 32;
            return letter < 26 ? 'A' + letter : SPACE;
        }
        return c >= 0xe0000 && c <= 0xe01ef ? DROP : SPACE;
    }

    private static byte[] page(int number) {
        byte[] page = PAGES.get(number);
        if (page == null) {
            page = made(number * PAGE);
            PAGES.set(number, page);
        }
        return page;
    }

    private static byte[] made(int first) {
        byte[] out = new byte[PAGE];
        for (int i = 0; i < PAGE; i++) {
            int c = first + i;
            out[i] = (byte) (c < 0x80 ? c : dense(c) ? SPACE : folded(c));
        }
        for (int i = 0; i + 1 < LOOKALIKES.length(); i += 2) {
            int c = LOOKALIKES.charAt(i) - first;
            if (c >= 0 && c < PAGE) {
                out[c] = (byte) LOOKALIKES.charAt(i + 1);
            }
        }
        return out;
    }

    // Ideographs and syllables: nothing there looks Latin, and there are fifty thousand of them.
    private static boolean dense(int c) {
        return (c >= 0x3400 && c < 0xa000) || (c >= 0xac00 && c < 0xfb00);
    }

    private static int folded(int c) {
        if (c == 0x115f || c == 0x1160 || c == 0x3164 || c == 0xffa0) {
            return DROP;
        }
        return switch (Character.getType(c)) {
            case Character.FORMAT, Character.NON_SPACING_MARK, Character.ENCLOSING_MARK, Character.CONTROL -> DROP;
            case Character.DECIMAL_DIGIT_NUMBER -> '0' + Character.digit(c, 10);
            default -> normalised(c) < 0x80 ? normalised(c) : SPACE;
        };
    }

    private static int normalised(int c) {
        String text = Normalizer.normalize(Character.toString(c), Normalizer.Form.NFKD);
        int first = text.codePointAt(0);
        for (int i = Character.charCount(first); i < text.length(); i++) {
            if (Character.getType(text.charAt(i)) != Character.NON_SPACING_MARK) {
                return enclosed(c, text);
            }
        }
        return first;
    }

    // (a), a. and the like: a letter or digit in its frame.
    private static int enclosed(int c, String text) {
        boolean frame = text.length() == 3 && text.charAt(0) == '(' && text.charAt(2) == ')';
        boolean dot = text.length() == 2 && text.charAt(1) == '.';
        return frame ? text.charAt(1) : dot ? text.charAt(0) : c < 0x10000 ? SPACE : 0xffff;
    }
}
