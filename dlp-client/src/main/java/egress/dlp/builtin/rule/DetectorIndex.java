package egress.dlp.builtin.rule;

import egress.dlp.builtin.decode.CompressedHeaderMarks;
import egress.dlp.builtin.decode.StringConcatenation;
import egress.dlp.builtin.decode.ZlibHead;
import egress.dlp.builtin.match.LiteralIndex;
import egress.dlp.builtin.rule.IndexEntry.Dress;
import egress.dlp.builtin.rule.IndexEntry.Packing;
import egress.dlp.builtin.strength.SecretBits;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;

/** Everything that is searched for, behind one index; immutable. */
public final class DetectorIndex {
    private static final List<String> TELLING = List.of(
            "pass", "Pass", "PASS", "pwd", "Pwd", "PWD", "secret", "Secret", "SECRET", "token", "Token", "TOKEN", "key",
            "Key", "KEY", "auth", "Auth", "AUTH", "cred", "Cred", "CRED");

    private final LiteralIndex index = new LiteralIndex();
    private final List<IndexEntry> targets = new ArrayList<>();
    private IndexEntry[] byLiteral = new IndexEntry[0];
    private final LiteralIndex skeletonIndex = new LiteralIndex();
    private final List<IndexEntry.Anchor> skeletons = new ArrayList<>();

    private DetectorIndex() {}

    /** All rules and the known secrets (those of at least 8 bytes), as they are written. */
    public static DetectorIndex of(List<TokenRule> rules, Collection<byte[]> secrets) {
        DetectorIndex out = new DetectorIndex();
        for (TokenRule rule : rules) {
            CompiledRule compiled = new CompiledRule(rule, false);
            for (String literal : rule.literals()) {
                out.keyword(compiled, literal);
            }
        }
        TELLING.forEach(name -> out.add(name, new IndexEntry.TellingName()));
        out.add("\u001f\u008b\u0008", new IndexEntry.Compressed(Packing.GZIP));
        out.add("PK\u0003\u0004", new IndexEntry.Compressed(Packing.ZIP));
        out.add("(\u00b5/\u00fd", new IndexEntry.Compressed(Packing.ZSTD));
        out.armoured();
        out.zlib();
        out.add("stream\nx", new IndexEntry.Compressed(Packing.PDF));
        out.add("stream\nH", new IndexEntry.Compressed(Packing.PDF));
        out.add("stream\r\nx", new IndexEntry.Compressed(Packing.PDF));
        out.add("stream\r\nH", new IndexEntry.Compressed(Packing.PDF));
        out.add("IDAT", new IndexEntry.Compressed(Packing.PNG));
        StringConcatenation.SEAMS.forEach(seam -> out.add(seam, StringConcatenation.seam()));
        for (char mode = '0'; mode <= '7'; mode++) {
            out.add("begin " + mode, new IndexEntry.Uuencoded());
        }
        out.add("00000010", new IndexEntry.Dump());
        out.add("0000020 ", new IndexEntry.Dump());
        out.secrets(secrets);
        out.freeze();
        out.skeletonIndex.freeze();
        return out;
    }

    /** The rules without regard to case: for a host, whose letters are all small. */
    public static DetectorIndex folded(List<TokenRule> rules) {
        DetectorIndex out = new DetectorIndex();
        for (TokenRule rule : rules) {
            if (rule.context() == null && rule.check() != TokenRule.Check.PEM) {
                CompiledRule compiled = new CompiledRule(rule, true);
                rule.literals().stream()
                        .map(l -> l.toLowerCase(Locale.ROOT))
                        .distinct()
                        .filter(l -> l.length() >= 4)
                        .forEach(l -> out.add(l, new IndexEntry.Keyword(compiled, Dress.PLAIN, l.length())));
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
                add(CompressedHeaderMarks.base64(marks[i], known[i], behind, 4), Packing.BASE64, 0, -1);
            }
        }
        add(CompressedHeaderMarks.hex(new byte[] {0x1f, (byte) 0x8b, 8}), Packing.HEX, 0, -1);
        add(CompressedHeaderMarks.hex(new byte[] {'P', 'K', 3, 4}), Packing.HEX, 0, -1);
        add(CompressedHeaderMarks.hex(marks[2]), Packing.HEX, 0, -1);
        byte[] rows = {'I', 'D', 'A', 'T'};
        for (int behind = 0; behind < 3; behind++) {
            add(CompressedHeaderMarks.base64(rows, 8, behind, 4), Packing.BASE64, 8, -1);
        }
        add(CompressedHeaderMarks.hex(rows), Packing.HEX, 8, -1);
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
                    add(CompressedHeaderMarks.hex(header), Packing.HEX, 0, 0);
                    int places = first == 0x78 ? 3 : 1;
                    for (int behind = 0; behind < places; behind++) {
                        add(CompressedHeaderMarks.base64(header, 8, behind, 3), Packing.BASE64, 0, behind);
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
                add("" + (char) first + (char) second + third, new IndexEntry.Compressed(Packing.ZLIB));
            }
        }
    }

    private void add(List<CompressedHeaderMarks.Mark> marks, Packing packing, int before, int zlib) {
        marks.forEach(mark -> add(mark.text(), new IndexEntry.Compressed(packing, mark.back() + before, zlib)));
    }

    private void freeze() {
        index.freeze();
        byLiteral = targets.toArray(IndexEntry[]::new);
    }

    public LiteralIndex index() {
        return index;
    }

    LiteralIndex skeletonIndex() {
        return skeletonIndex;
    }

    List<IndexEntry.Anchor> skeletons() {
        return skeletons;
    }

    public IndexEntry target(int literal) {
        return byLiteral[literal];
    }

    private void keyword(CompiledRule rule, String literal) {
        add(literal, new IndexEntry.Keyword(rule, Dress.PLAIN, literal.length()));
        boolean distinctive = literal.length() >= 4 && !rule.hasContext() && rule.beforeMax == 0;
        if (distinctive && rule.rule.check() != TokenRule.Check.PEM) {
            add(new StringBuilder(literal).reverse().toString(), keyword(rule, literal, Dress.REVERSED));
            add(rot13(literal), keyword(rule, literal, Dress.ROT13));
        }
    }

    private static IndexEntry keyword(CompiledRule rule, String literal, Dress dress) {
        return new IndexEntry.Keyword(rule, dress, literal.length());
    }

    private void secrets(Collection<byte[]> secrets) {
        for (byte[] secret : secrets) {
            secret(secret, secret);
            SecretBits.of(secret).parts().forEach(part -> secret(part, secret));
        }
    }

    private void secret(byte[] value, byte[] secret) {
        for (SecretForm needle : SecretForm.of(value, secret)) {
            for (int anchor : needle.anchors()) {
                index.add(needle.anchor(anchor));
                targets.add(new IndexEntry.Anchor(needle, anchor));
            }
        }
        SecretForm.skeleton(value, secret).ifPresent(needle -> {
            for (int anchor : needle.anchors()) {
                skeletonIndex.add(needle.anchor(anchor));
                skeletons.add(new IndexEntry.Anchor(needle, anchor));
            }
        });
    }

    private void add(String literal, IndexEntry target) {
        index.add(literal.getBytes(StandardCharsets.ISO_8859_1));
        targets.add(target);
    }

    static String rot13(String text) {
        StringBuilder out = new StringBuilder();
        text.chars().forEach(c -> out.append((char) rot13(c)));
        return out.toString();
    }

    public static int rot13(int c) {
        if (c >= 'a' && c <= 'z') {
            return 'a' + (c - 'a' + 13) % 26;
        }
        return c >= 'A' && c <= 'Z' ? 'A' + (c - 'A' + 13) % 26 : c;
    }
}
