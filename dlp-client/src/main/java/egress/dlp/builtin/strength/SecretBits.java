package egress.dlp.builtin.strength;

import egress.dlp.builtin.match.CharTables;
import egress.dlp.builtin.match.Uuid;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How many bits of each byte of a known secret are unguessable, by its form, rather too few than too many: an agent gets
 * an answer for each guess, so what it may know already must not count. User names, JWT headers and claims, armour, URLs but for
 * their password and long drawn parts, names of fields, vendors' prefixes, words, numbers and repeats earn nothing.
 */
public final class SecretBits {
    private static final int DEEPEST = 4;
    private static final Pattern URL = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]*(?::[a-z0-9+]+)?://");
    private static final Pattern SCHEME = Pattern.compile("[A-Za-z]+ +(?=\\S+$)");
    private static final Pattern NAMED = Pattern.compile(
            "(?:^|[;&\\n\\r ?])\\s*([A-Za-z_][A-Za-z0-9_.-]*(?: [A-Za-z]+)?)\\s*=(?!=|$)([^;&\\n\\r]*)");
    private static final Pattern MEMBER =
            Pattern.compile("\"([^\"\\\\]{1,80})\"\\s*:\\s*\"((?:[^\"\\\\]++|\\\\.)*+)\"");
    private static final Pattern PEM = Pattern.compile("-----BEGIN [A-Z0-9 ]*PRIVATE KEY[A-Z ]*-----");
    private static final Pattern TELLING =
            Pattern.compile("pass|pwd|secret|token|key|sig|auth|cred|code|hash|sess|jwt|api");
    private static final Pattern NO_SECRET =
            Pattern.compile(".*(?:id|name|type|ver|version|uri|url|user|email|alg|by)");
    /** A run of a URL's path this long is no name and no number. */
    private static final int LONG_SEGMENT = 16;
    /** With fewer bits than this beside a user name, the user name counts as the secret, where it looks like one. */
    private static final double WEAK = 32;

    private static final int SHORTEST_PART = 8;
    private static final double LEAST_PART = 28;
    private static final int PLAIN_STRETCH = 6;
    private static final int TEXT_STRETCH = 12;
    /** The part of the encoded bits that a base64 character counts; the rest lies on the border of two bytes. */
    private static final double BASE64_SHARE = 0.68;

    private final byte[] b;
    private final int depth;
    private final double[] bits;
    private final String text;
    private final List<byte[]> parts = new ArrayList<>();

    private SecretBits(byte[] b, int depth) {
        this.b = b;
        this.depth = depth;
        this.bits = new double[b.length];
        this.text = new String(b, StandardCharsets.ISO_8859_1);
    }

    /**
     * What a secret's form shows.
     *
     * @param bits of each byte that are unguessable
     * @param parts the secrets inside it that are some by themselves: a password beside its user name, in a URL, in a named field
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    public record Form(double[] bits, List<byte[]> parts) {}

    public static Form of(byte[] secret) {
        SecretBits read = new SecretBits(secret, 0);
        read.value(0, secret.length);
        for (int i = 0; i < secret.length; i++) {
            read.bits[i] = CharTables.isWord(secret[i]) ? read.bits[i] : 0;
        }
        TextBits.repeats(secret, read.bits);
        return new Form(read.bits, List.copyOf(read.parts));
    }

    private void value(int start, int end) {
        int from = start;
        int to = end;
        while (from < to && b[from] <= ' ' && b[from] >= 0) {
            from++;
        }
        while (to > from && b[to - 1] <= ' ' && b[to - 1] >= 0) {
            to--;
        }
        String here = text.substring(from, to);
        Matcher scheme = SCHEME.matcher(here);
        int colon = here.indexOf(':');
        if (PEM.matcher(here).find()) {
            armoured(from, to);
        } else if (here.startsWith("{") || here.startsWith("[")) {
            named(MEMBER.matcher(here), from);
        } else if (URL.matcher(here).lookingAt()) {
            url(from, to);
        } else if (scheme.lookingAt()) {
            value(from + scheme.end(), to);
        } else if (NAMED.matcher(here).lookingAt()) {
            named(NAMED.matcher(here), from);
        } else if (colon > 0) {
            pair(from, from + colon, to);
        } else {
            token(from, to);
        }
    }

    // User and password; where there is no password to speak of, the key stands in the user's place.
    private void pair(int from, int colon, int to) {
        value(colon + 1, to);
        if (sum(colon + 1, to) >= WEAK) {
            part(colon + 1, to);
            return;
        }
        token(from, colon);
        if (sum(from, colon) < UnguessableBits.ENOUGH) {
            TextBits.zero(bits, from, colon);
        } else {
            part(from, colon);
        }
    }

    private void url(int from, int to) {
        int begin = text.indexOf("://", from) + 3;
        int end = begin;
        while (end < to && "/?#".indexOf(b[end]) < 0) {
            end++;
        }
        int at = text.lastIndexOf('@', end - 1);
        if (at >= begin) {
            int colon = text.indexOf(':', begin);
            if (colon < 0 || colon > at) {
                token(begin, at);
            } else {
                pair(begin, colon, at);
            }
        }
        int query = text.indexOf('?', end);
        query = query < 0 || query > to ? to : query;
        for (int i = end; i < query; i++) {
            int stop = i;
            while (stop < query && CharTables.isWord(b[stop])) {
                stop++;
            }
            if (stop - i >= LONG_SEGMENT) {
                token(i, stop);
            }
            i = stop;
        }
        if (query < to) {
            named(NAMED.matcher(text.substring(query, to)), query);
        }
    }

    // Only values with a telling name are secrets; without any, the longest value is.
    private void named(Matcher member, int offset) {
        boolean any = false;
        int longest = 0;
        int end = 0;
        while (member.find()) {
            String name = member.group(1).toLowerCase(Locale.ROOT);
            int from = offset + member.start(2);
            int to = offset + member.end(2);
            if (TELLING.matcher(name).find() && !NO_SECRET.matcher(name).matches()) {
                any = true;
                value(from, to);
                part(from, to);
            } else if (to - from > end - longest) {
                longest = from;
                end = to;
            }
        }
        if (!any && end > longest) {
            token(longest, end);
        }
    }

    private void part(int from, int to) {
        if (depth == 0 && to - from >= SHORTEST_PART && to - from < b.length && sum(from, to) >= LEAST_PART) {
            parts.add(Arrays.copyOfRange(b, from, to));
        }
    }

    private double sum(int from, int to) {
        double sum = 0;
        for (int i = from; i < to; i++) {
            sum += bits[i];
        }
        return sum;
    }

    private void token(int from, int to) {
        if (Uuid.is(b, from, to)) {
            uuid(from);
            return;
        }
        TextBits.fill(b, from, to, bits);
        if (depth < DEEPEST) {
            encoded(from, to, true);
            encoded(from, to, false);
            base64Runs(from, to);
        }
    }

    // Only version 4 is drawn by chance, and two of its characters are not.
    private void uuid(int from) {
        TextBits.zero(bits, from, from + 36);
        for (int i = from; b[from + 14] == '4' && i < from + 36; i++) {
            bits[i] = b[i] == '-' || i == from + 14 || i == from + 19 ? 0 : 4;
        }
    }

    /** Text that is written in base64 or hex earns what the text does. */
    private void encoded(int from, int to, boolean base64) {
        byte[] decoded = base64 ? base64(text.substring(from, to)) : hex(text.substring(from, to));
        if (decoded == null || decoded.length < SHORTEST_PART || !isText(decoded)) {
            return;
        }
        SecretBits inner = new SecretBits(decoded, depth + 1);
        inner.value(0, decoded.length);
        for (int i = from; i < to; i++) {
            int first = base64 ? (i - from) * 6 / 8 : (i - from) / 2;
            int last = base64 ? ((i - from) * 6 + 5) / 8 : first;
            boolean whole = last < decoded.length;
            double least = whole ? Math.min(inner.bits[first], inner.bits[last]) : 0;
            bits[i] = Math.min(bits[i], least * (base64 ? BASE64_SHARE : 0.5));
        }
    }

    private static byte @Nullable [] base64(String text) {
        try {
            String standard = text.replace('-', '+').replace('_', '/');
            return Base64.getDecoder().decode(standard);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private static byte @Nullable [] hex(String text) {
        try {
            return HexFormat.of().parseHex(text);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    // Words and JSON inside of base64, as in the headers of JWTs and in macaroons.
    private void base64Runs(int from, int to) {
        int i = from;
        while (i < to) {
            int end = i;
            while (end < to && CharTables.base64(b[end]) >= 0) {
                end++;
            }
            for (int skip = 0; skip < 4 && end - i - skip >= SHORTEST_PART; skip++) {
                int start = i + skip;
                int whole = (end - start) / 4 * 4;
                byte[] decoded = base64(text.substring(start, start + whole));
                if (decoded != null) {
                    readable(decoded, start, end);
                }
            }
            i = end + 1;
        }
    }

    private void readable(byte[] decoded, int start, int end) {
        boolean json = decoded.length > 1 && decoded[0] == '{' && decoded[1] == '"';
        for (int i = 0; i < decoded.length; i++) {
            int plain = i;
            while (plain < decoded.length && isPlain(decoded[plain])) {
                plain++;
            }
            int printable = i;
            while (printable < decoded.length && isText(decoded[printable])) {
                printable++;
            }
            int stop = printable - i >= TEXT_STRETCH ? printable : plain - i >= PLAIN_STRETCH ? plain : i;
            if (stop > i) {
                int last = stop == decoded.length ? end : start + (stop * 8 + 5) / 6;
                TextBits.zero(bits, start + i * 8 / 6, json && i == 0 ? last : Math.min(end, last));
                i = stop;
            }
        }
    }

    private static boolean isPlain(byte c) {
        return (c >= 'a' && c <= 'z') || c == ' ' || c == '.' || c == '/' || c == ':' || c == '_' || c == '-';
    }

    private static boolean isText(byte c) {
        return (c >= ' ' && c != 0x7f) || c == '\n' || c == '\r' || c == '\t';
    }

    private static boolean isText(byte[] decoded) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(decoded));
        } catch (CharacterCodingException e) {
            return false;
        }
        for (byte c : decoded) {
            if (c >= 0 && !isText(c)) {
                return false;
            }
        }
        return true;
    }

    /** Between armour lines (RFC 7468): the key in base64, its lines broken in any way. A certificate is public. */
    private void armoured(int from, int to) {
        Matcher begin = PEM.matcher(text).region(from, to);
        while (begin.find()) {
            int end = text.indexOf("-----END", begin.end());
            end = end < 0 || end > to ? to : end;
            int[] places = new int[end - begin.end()];
            StringBuilder body = new StringBuilder();
            for (int i = begin.end(); i < end; i++) {
                boolean escape = b[i] == '\\' && i + 1 < end && (b[i + 1] == 'n' || b[i + 1] == 'r');
                if (escape) {
                    i++;
                } else if (CharTables.base64(b[i]) >= 0) {
                    places[body.length()] = i;
                    body.append((char) b[i]);
                }
            }
            String whole = body.length() % 4 == 1 ? body.substring(0, body.length() - 1) : body.toString();
            byte[] decoded = base64(whole);
            if (decoded != null) {
                double[] key = KeyBits.of(decoded);
                for (int i = 0; i < whole.length() && (i * 6 + 5) / 8 < key.length; i++) {
                    bits[places[i]] = Math.min(key[i * 6 / 8], key[(i * 6 + 5) / 8]) * 6 / 8;
                }
            }
        }
    }
}
