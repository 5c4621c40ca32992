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
        out.add("H4sI", new Target.Compressed(Packing.BASE64));
        out.add("UEsDB", new Target.Compressed(Packing.BASE64));
        out.add("KLUv/", new Target.Compressed(Packing.BASE64));
        out.add("KLUv_", new Target.Compressed(Packing.BASE64));
        for (String hex : List.of("1f8b08", "504b0304", "28b52ffd")) {
            inEachCase(hex, 0, "").forEach(each -> out.add(each, new Target.Compressed(Packing.HEX)));
        }
        out.add("stream\nx", new Target.Compressed(Packing.PDF));
        out.add("stream\nH", new Target.Compressed(Packing.PDF));
        out.add("stream\r\nx", new Target.Compressed(Packing.PDF));
        out.add("stream\r\nH", new Target.Compressed(Packing.PDF));
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

    private static List<String> inEachCase(String hex, int at, String done) {
        if (at == hex.length()) {
            return List.of(done);
        }
        char c = hex.charAt(at);
        List<String> out = new ArrayList<>(inEachCase(hex, at + 1, done + c));
        if (c >= 'a') {
            out.addAll(inEachCase(hex, at + 1, done + Character.toUpperCase(c)));
        }
        return out;
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
