package egress.dlp.builtin;

import egress.dlp.builtin.Target.Dress;
import egress.dlp.builtin.Target.Packing;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;

/** Everything that is searched for, behind one index; immutable. */
final class Catalogue {
    private static final List<String> TELLING = List.of(
            "pass", "Pass", "PASS", "pwd", "Pwd", "PWD", "secret", "Secret", "SECRET", "token", "Token", "TOKEN", "key",
            "Key", "KEY", "auth", "Auth", "AUTH", "cred", "Cred", "CRED");

    private final LiteralIndex index = new LiteralIndex();
    private final List<Target> targets = new ArrayList<>();
    private Target[] byLiteral = new Target[0];
    private final LiteralIndex skeletonIndex = new LiteralIndex();
    private final List<Target.Anchor> skeletons = new ArrayList<>();

    private Catalogue() {}

    /** All rules and the known secrets (those of at least 8 bytes), as they are written. */
    static Catalogue of(List<TokenRule> rules, Collection<byte[]> secrets) {
        Catalogue out = new Catalogue();
        for (TokenRule rule : rules) {
            CompiledRule compiled = new CompiledRule(rule, false);
            for (String literal : rule.literals()) {
                out.keyword(compiled, literal);
            }
        }
        TELLING.forEach(name -> out.add(name, new Target.TellingName()));
        out.add("\u001f\u008b\u0008", new Target.Compressed(Packing.GZIP));
        out.add("PK\u0003\u0004", new Target.Compressed(Packing.ZIP));
        out.add("(\u00b5/\u00fd", new Target.Compressed(Packing.ZSTD));
        out.armoured();
        out.zlib();
        out.add("stream\nx", new Target.Compressed(Packing.PDF));
        out.add("stream\nH", new Target.Compressed(Packing.PDF));
        out.add("stream\r\nx", new Target.Compressed(Packing.PDF));
        out.add("stream\r\nH", new Target.Compressed(Packing.PDF));
        out.add("IDAT", new Target.Compressed(Packing.PNG));
        Glue.SEAMS.forEach(seam -> out.add(seam, Glue.seam()));
        for (char mode = '0'; mode <= '7'; mode++) {
            out.add("begin " + mode, new Target.Uuencoded());
        }
        out.add("00000010", new Target.Dump());
        out.add("0000020 ", new Target.Dump());
        out.secrets(secrets);
        out.freeze();
        out.skeletonIndex.freeze();
        return out;
    }

    /** The rules without regard to case: for a host, whose letters are all small. */
    static Catalogue folded(List<TokenRule> rules) {
        Catalogue out = new Catalogue();
        for (TokenRule rule : rules) {
            if (rule.context() == null && rule.check() != TokenRule.Check.PEM) {
                CompiledRule compiled = new CompiledRule(rule, true);
                rule.literals().stream()
                        .map(l -> l.toLowerCase(Locale.ROOT))
                        .distinct()
                        .filter(l -> l.length() >= 4)
                        .forEach(l -> out.add(l, new Target.Keyword(compiled, Dress.PLAIN, l.length())));
            }
        }
        out.freeze();
        return out;
    }

    /** What has a long mark, within base64 and hex; of a picture's rows with the length before the mark. */
    private void armoured() {
        byte[][] marks = {{0x1f, (byte) 0x8b, 8, 0}, {'P', 'K', 3, 4, 0}, {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd}};
        int[] known = {3, 2, 8};
        for (int i = 0; i < marks.length; i++) {
            for (int behind = 0; behind < 3; behind++) {
                add(ArmouredMarks.base64(marks[i], known[i], behind, 4), Packing.BASE64, 0, -1);
            }
        }
        add(ArmouredMarks.hex(new byte[] {0x1f, (byte) 0x8b, 8}), Packing.HEX, 0, -1);
        add(ArmouredMarks.hex(new byte[] {'P', 'K', 3, 4}), Packing.HEX, 0, -1);
        add(ArmouredMarks.hex(marks[2]), Packing.HEX, 0, -1);
        byte[] rows = {'I', 'D', 'A', 'T'};
        for (int behind = 0; behind < 3; behind++) {
            add(ArmouredMarks.base64(rows, 8, behind, 4), Packing.BASE64, 8, -1);
        }
        add(ArmouredMarks.hex(rows), Packing.HEX, 8, -1);
    }

    /**
     * The two bytes of zlib. Those that are text, as far as text follows; with other bytes near they are found by those. In base64
     * and hex at any digit; behind other bytes of a quad with the usual window alone, since the mark is short.
     */
    private void zlib() {
        for (int first = 0x08; first < 0x80; first += 0x10) {
            for (int second = 0; second < 0x100; second++) {
                if (ZlibHead.isHeader(first, second)) {
                    byte[] header = {(byte) first, (byte) second};
                    zlibText(first, second);
                    add(ArmouredMarks.hex(header), Packing.HEX, 0, 0);
                    int places = first == 0x78 ? 3 : 1;
                    for (int behind = 0; behind < places; behind++) {
                        add(ArmouredMarks.base64(header, 8, behind, 3), Packing.BASE64, 0, behind);
                    }
                }
            }
        }
    }

    private void zlibText(int first, int second) {
        if (first <= ' ' || second <= ' ' || second >= 0x7f || second == '^') {
            return;
        }
        for (char third = ' '; third < 0x7f; third++) {
            if ((third & 6) != 6) {
                add("" + (char) first + (char) second + third, new Target.Compressed(Packing.ZLIB));
            }
        }
    }

    private void add(List<ArmouredMarks.Mark> marks, Packing packing, int before, int zlib) {
        marks.forEach(mark -> add(mark.text(), new Target.Compressed(packing, mark.back() + before, zlib)));
    }

    private void freeze() {
        index.freeze();
        byLiteral = targets.toArray(Target[]::new);
    }

    LiteralIndex index() {
        return index;
    }

    LiteralIndex skeletonIndex() {
        return skeletonIndex;
    }

    List<Target.Anchor> skeletons() {
        return skeletons;
    }

    Target target(int literal) {
        return byLiteral[literal];
    }

    private void keyword(CompiledRule rule, String literal) {
        add(literal, new Target.Keyword(rule, Dress.PLAIN, literal.length()));
        boolean distinctive = literal.length() >= 4 && !rule.hasContext() && rule.beforeMax == 0;
        if (distinctive && rule.rule.check() != TokenRule.Check.PEM) {
            add(new StringBuilder(literal).reverse().toString(), keyword(rule, literal, Dress.REVERSED));
            add(rot13(literal), keyword(rule, literal, Dress.ROT13));
        }
    }

    private static Target keyword(CompiledRule rule, String literal, Dress dress) {
        return new Target.Keyword(rule, dress, literal.length());
    }

    private void secrets(Collection<byte[]> secrets) {
        for (byte[] secret : secrets) {
            secret(secret, secret);
            SecretBits.of(secret).parts().forEach(part -> secret(part, secret));
        }
    }

    private void secret(byte[] value, byte[] secret) {
        for (Needle needle : Needle.of(value, secret)) {
            for (int anchor : needle.anchors()) {
                index.add(needle.anchor(anchor));
                targets.add(new Target.Anchor(needle, anchor));
            }
        }
        Needle.skeleton(value, secret).ifPresent(needle -> {
            for (int anchor : needle.anchors()) {
                skeletonIndex.add(needle.anchor(anchor));
                skeletons.add(new Target.Anchor(needle, anchor));
            }
        });
    }

    private void add(String literal, Target target) {
        index.add(literal.getBytes(StandardCharsets.ISO_8859_1));
        targets.add(target);
    }

    static String rot13(String text) {
        StringBuilder out = new StringBuilder();
        text.chars().forEach(c -> out.append((char) rot13(c)));
        return out.toString();
    }

    static int rot13(int c) {
        if (c >= 'a' && c <= 'z') {
            return 'a' + (c - 'a' + 13) % 26;
        }
        return c >= 'A' && c <= 'Z' ? 'A' + (c - 'A' + 13) % 26 : c;
    }
}
