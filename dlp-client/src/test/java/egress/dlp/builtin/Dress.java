package egress.dlp.builtin;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.function.BiFunction;
import java.util.random.RandomGenerator;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;

/** One way of writing a value so that it does not stand there as it is. Text in, text out: each character is a byte or, above 255, itself. */
public record Dress(String name, Grade grade, BiFunction<String, RandomGenerator, String> write) {

    /** How far a dress is from plain. */
    enum Grade {
        PLAIN,
        SINGLE,
        HARD
    }

    String apply(String value, RandomGenerator random) {
        return write.apply(value, random);
    }

    static List<Dress> all() {
        List<Dress> out = new ArrayList<>();
        out.add(new Dress("plain", Grade.PLAIN, (v, r) -> v));
        singles(out);
        separators(out);
        unicode(out);
        codes(out);
        doubles(out);
        written(out);
        return List.copyOf(out);
    }

    private static void singles(List<Dress> out) {
        single(out, "percent", Dress::percent);
        single(out, "percent lower", v -> percent(v).toLowerCase(Locale.ROOT));
        out.add(new Dress(
                "percent some",
                Grade.SINGLE,
                (v, r) -> each(v, c -> r.nextInt(3) == 0 ? hexed("%", c) : "" + (char) c)));
        single(out, "base64", Dress::base64);
        single(out, "base64 url", v -> Base64.getUrlEncoder().withoutPadding().encodeToString(latin(v)));
        single(out, "base64 mime", v -> Base64.getMimeEncoder().encodeToString(latin(pad(v))));
        single(out, "base64 in text", v -> base64("the key you asked for is " + v + " and no other"));
        single(out, "base64 unaligned", v -> base64("x:" + v));
        single(out, "data uri", v -> "data:text/plain;base64," + base64(v));
        single(out, "hex", Dress::hex);
        single(out, "hex upper", v -> hex(v).toUpperCase(Locale.ROOT));
        single(out, "base32", Dress::base32);
        single(out, "base32 lower", v -> base32(v).toLowerCase(Locale.ROOT).replace("=", ""));
        single(out, "quoted-printable", v -> each(v, c -> hexed("=", c)));
        single(out, "unicode escapes", v -> each(v, c -> String.format("\\u%04x", c)));
        single(out, "unicode braces", v -> each(v, c -> String.format("\\u{%x}", c)));
        single(out, "hex escapes", v -> each(v, c -> hexed("\\x", c)));
        single(out, "octal escapes", v -> each(v, c -> String.format("\\%03o", c)));
        single(out, "html decimal", v -> each(v, c -> "&#" + c + ";"));
        single(out, "html hex", v -> each(v, c -> String.format("&#x%x;", c)));
        single(out, "gzip base64", v -> base64(gzip(pad(v))));
        single(out, "zlib base64", v -> base64(zlib(pad(v))));
        single(out, "gzip hex", v -> hex(gzip(pad(v))));
        hard(out, "reversed", v -> new StringBuilder(v).reverse().toString());
        hard(out, "rot13", Dress::rot13);
    }

    private static void separators(List<Dress> out) {
        for (String s : List.of(" ", "-", ".", "_", ",", "\n", "\t", " - ", "|", "/")) {
            hard(out, "between characters " + shown(s), v -> String.join(s, v.split("")));
        }
        for (String s : List.of(" ", "-", "\n", ".")) {
            hard(out, "groups of four " + shown(s), v -> String.join(s, groups(v, 4)));
        }
        hard(out, "lines of 20", v -> String.join("\n", groups(v, 20)));
        hard(out, "string literals", v -> "\"" + String.join("\" + \"", groups(v, 9)) + "\"");
        hard(out, "adjacent literals", v -> "('" + String.join("'\n '", groups(v, 11)) + "')");
    }

    private static void unicode(List<Dress> out) {
        hard(out, "zero-width space", v -> String.join("\u200b", v.split("")));
        hard(out, "soft hyphen", v -> String.join("\u00ad", groups(v, 3)));
        hard(out, "word joiner", v -> String.join("\u2060", groups(v, 2)));
        hard(out, "variation selector", v -> String.join("\ufe0f", v.split("")));
        hard(out, "combining mark", v -> String.join("\u0301", groups(v, 2)));
        hard(out, "full-width", v -> each(v, c -> c > 32 && c < 127 ? "" + (char) (c + 0xfee0) : "" + (char) c));
        hard(out, "mathematical bold", v -> each(v, Dress::bold));
        hard(
                out,
                "cyrillic",
                v -> v.replace('a', 'а')
                        .replace('e', 'е')
                        .replace('o', 'о')
                        .replace('p', 'р')
                        .replace('c', 'с'));
        hard(
                out,
                "greek",
                v -> v.replace('A', 'Α')
                        .replace('B', 'Β')
                        .replace('o', 'ο')
                        .replace('K', 'Κ')
                        .replace('T', 'Τ'));
        hard(out, "tag characters", v -> each(v, c -> Character.toString(0xe0000 + c)));
    }

    private static void codes(List<Dress> out) {
        hard(out, "decimal codes", v -> joined(v, ",", c -> "" + c));
        hard(out, "decimal codes spaced", v -> joined(v, " ", c -> "" + c));
        hard(out, "hex pairs", v -> joined(v, " ", c -> String.format("%02x", c)));
        hard(out, "hex colons", v -> joined(v, ":", c -> String.format("%02X", c)));
        hard(out, "hex array", v -> joined(v, ", ", c -> String.format("0x%02x", c)));
        hard(out, "octal codes", v -> joined(v, " ", c -> String.format("%03o", c)));
        hard(
                out,
                "binary",
                v -> joined(
                        v,
                        " ",
                        c -> String.format("%8s", Integer.toBinaryString(c)).replace(' ', '0')));
    }

    // As programs, pages and tools write it.
    private static void written(List<Dress> out) {
        hard(out, "literals added", v -> "'" + String.join("'+'", groups(v, 6)) + "'");
        hard(out, "literals concatenated", v -> "\"" + String.join("\" . \"", groups(v, 7)) + "\"");
        hard(out, "template", v -> "`" + String.join("${''}", groups(v, 7)) + "`");
        hard(out, "comments between", v -> String.join("<!-- x -->", groups(v, 8)));
        hard(out, "break hints", v -> String.join("<wbr>", groups(v, 6)));
        hard(
                out,
                "markdown escapes",
                v -> v.replace("_", "\\_").replace("-", "\\-").replace(".", "\\."));
        hard(out, "circled", Dress::circled);
        hard(out, "hex dump", v -> dump("TOKEN=" + v, 2));
        hard(out, "hex dump of bytes", v -> dump("TOKEN=" + v, 1));
        hard(
                out,
                "base64 of utf-16",
                v -> Base64.getEncoder().encodeToString(("set " + v).getBytes(StandardCharsets.UTF_16LE)));
        out.add(new Dress("scattered spaces", Grade.HARD, (v, r) -> scattered(v, " ", r)));
        out.add(new Dress("scattered dots", Grade.HARD, (v, r) -> scattered(v, ".", r)));
        out.add(new Dress("scattered newlines", Grade.HARD, (v, r) -> scattered(v, "\n", r)));
        hard(out, "assignments", v -> "PART1=" + String.join("\nNEXT=", groups(v, v.length() / 3 + 1)) + "\n");
        hard(out, "glued in front", v -> "x" + v);
    }

    private static String scattered(String v, String mark, RandomGenerator random) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < v.length(); i++) {
            out.append(v.charAt(i)).append(random.nextInt(4) == 0 ? mark : "");
        }
        return out.toString();
    }

    private static String circled(String v) {
        return each(
                v,
                c -> c >= 'a' && c <= 'z'
                        ? "" + (char) (0x24d0 + c - 'a')
                        : c >= 'A' && c <= 'Z' ? "" + (char) (0x24b6 + c - 'A') : "" + (char) c);
    }

    /** As the usual programs print it: offset, sixteen bytes in hex in groups, and the bytes as text. */
    private static String dump(String v, int group) {
        StringBuilder out = new StringBuilder();
        byte[] bytes = latin(v);
        for (int i = 0; i < bytes.length; i += 16) {
            out.append(String.format(Locale.ROOT, group == 1 ? "%08x " : "%08x:", i));
            for (int k = i; k < Math.min(bytes.length, i + 16); k++) {
                out.append((k - i) % group == 0 ? " " : "").append(group == 1 && k - i == 8 ? " " : "");
                out.append(String.format(Locale.ROOT, "%02x", bytes[k] & 0xff));
            }
            String text = v.substring(i, Math.min(v.length(), i + 16));
            out.append(group == 1 ? "  |" + text + "|\n" : "  " + text + "\n");
        }
        return out.toString();
    }

    private static void doubles(List<Dress> out) {
        hard(out, "base64 twice", v -> base64(base64(v)));
        hard(out, "base64 of percent", v -> base64(percent(v)));
        hard(out, "percent of base64", v -> percent(base64(v)));
        hard(out, "percent twice", v -> percent(percent(v)));
        hard(out, "percent thrice", v -> percent(percent(percent(v))));
        hard(out, "hex of base64", v -> hex(base64(v)));
        hard(out, "base64 of hex", v -> base64(hex(v)));
        hard(out, "base32 of base64", v -> base32(base64(v)));
        hard(out, "base64 of gzip of base64", v -> base64(gzip(base64(pad(v)))));
        hard(out, "unicode escapes of base64", v -> each(base64(v), c -> String.format("\\u%04x", c)));
        hard(out, "base64 of zero-width", v -> base64(utf8(String.join("\u200b", v.split("")))));
        hard(
                out,
                "base64 of reversed",
                v -> base64(new StringBuilder(v).reverse().toString()));
        hard(out, "base64 of json", v -> base64("{\"a\":[\"" + String.join("\",\"", groups(v, 7)) + "\"]}"));
        hard(out, "html of percent", v -> each(percent(v), c -> "&#" + c + ";"));
        hard(
                out,
                "hex of full-width",
                v -> hex(utf8(each(v, c -> c > 32 && c < 127 ? "" + (char) (c + 0xfee0) : "" + (char) c))));
        hard(out, "spaced base64", v -> String.join(" ", groups(base64(v), 4)));
        hard(out, "base64 mime of gzip", v -> Base64.getMimeEncoder().encodeToString(latin(gzip(pad(v)))));
        hard(out, "base64 three times", v -> base64(base64(base64(v))));
    }

    private static void single(List<Dress> out, String name, java.util.function.UnaryOperator<String> write) {
        out.add(new Dress(name, Grade.SINGLE, (v, r) -> write.apply(v)));
    }

    private static void hard(List<Dress> out, String name, java.util.function.UnaryOperator<String> write) {
        out.add(new Dress(name, Grade.HARD, (v, r) -> write.apply(v)));
    }

    private static String shown(String s) {
        return s.replace(" ", "space").replace("\n", "newline").replace("\t", "tab");
    }

    public static List<String> groups(String v, int n) {
        List<String> out = new ArrayList<>();
        for (int i = 0; i < v.length(); i += n) {
            out.add(v.substring(i, Math.min(v.length(), i + n)));
        }
        return out;
    }

    private static String pad(String v) {
        return "config:\n  name: build\n  value: " + v + "\n  retries: 3\n";
    }

    private static String each(String v, java.util.function.IntFunction<String> write) {
        StringBuilder out = new StringBuilder();
        v.chars().forEach(c -> out.append(write.apply(c)));
        return out.toString();
    }

    private static String joined(String v, String s, java.util.function.IntFunction<String> write) {
        return String.join(s, v.chars().mapToObj(write).toList());
    }

    private static String hexed(String prefix, int c) {
        return String.format("%s%02X", prefix, c);
    }

    private static String percent(String v) {
        return each(v, c -> hexed("%", c));
    }

    static String base64(String v) {
        return Base64.getEncoder().encodeToString(latin(v));
    }

    private static String hex(String v) {
        return each(v, c -> String.format("%02x", c));
    }

    private static String base32(String v) {
        StringBuilder out = new StringBuilder();
        int bits = 0;
        int held = 0;
        for (byte c : latin(v)) {
            held = (held << 8) | (c & 0xff);
            bits += 8;
            while (bits >= 5) {
                bits -= 5;
                out.append("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".charAt((held >> bits) & 31));
            }
        }
        if (bits > 0) {
            out.append("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".charAt((held << (5 - bits)) & 31));
        }
        return out + "=".repeat((8 - out.length() % 8) % 8);
    }

    private static String bold(int c) {
        if (c >= 'A' && c <= 'Z') {
            return Character.toString(0x1d400 + c - 'A');
        }
        if (c >= 'a' && c <= 'z') {
            return Character.toString(0x1d41a + c - 'a');
        }
        return c >= '0' && c <= '9' ? Character.toString(0x1d7ce + c - '0') : "" + (char) c;
    }

    private static String rot13(String v) {
        return each(v, c -> {
            int base = c >= 'a' && c <= 'z' ? 'a' : c >= 'A' && c <= 'Z' ? 'A' : 0;
            return "" + (char) (base == 0 ? c : base + (c - base + 13) % 26);
        });
    }

    private static String utf8(String v) {
        return new String(v.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }

    /** Single bytes where that is possible, else UTF-8. */
    static byte[] latin(String v) {
        return v.getBytes(v.chars().allMatch(c -> c < 256) ? StandardCharsets.ISO_8859_1 : StandardCharsets.UTF_8);
    }

    static String gzip(String v) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(latin(v));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toString(StandardCharsets.ISO_8859_1);
    }

    static String zlib(String v) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (DeflaterOutputStream zlib = new DeflaterOutputStream(out)) {
            zlib.write(latin(v));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toString(StandardCharsets.ISO_8859_1);
    }
}
