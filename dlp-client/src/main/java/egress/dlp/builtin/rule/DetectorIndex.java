package egress.dlp.builtin.rule;

import egress.dlp.builtin.match.GramSet;
import egress.dlp.builtin.match.LiteralIndex;
import egress.dlp.builtin.rule.IndexEntry.Spelling;
import egress.dlp.builtin.strength.SecretBits;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;

/** All literals that are searched for, and what each means; immutable. */
public final class DetectorIndex {
    private static final List<String> TELLING = List.of(
            "pass", "Pass", "PASS", "pwd", "Pwd", "PWD", "secret", "Secret", "SECRET", "token", "Token", "TOKEN", "key",
            "Key", "KEY", "auth", "Auth", "AUTH", "cred", "Cred", "CRED");

    private static final GramSet NONE = new GramSet.Builder().build();

    private final LiteralIndex index = new LiteralIndex();
    private final List<IndexEntry> targets = new ArrayList<>();
    private IndexEntry[] byLiteral = new IndexEntry[0];
    private final LiteralIndex alphanumericIndex = new LiteralIndex();
    private final List<IndexEntry.Anchor> alphanumericForms = new ArrayList<>();
    private GramSet known = NONE;
    private GramSet alphanumericKnown = NONE;
    private GramSet forms = NONE;

    private DetectorIndex() {}

    /**
     * All rules and the known secrets (those of at least 8 bytes), as they are written.
     *
     * @param decoders the literals of each decoder
     */
    public static DetectorIndex of(List<TokenRule> rules, Collection<byte[]> secrets, List<List<String>> decoders) {
        DetectorIndex out = new DetectorIndex();
        for (TokenRule rule : rules) {
            CompiledRule compiled = new CompiledRule(rule, false);
            for (String literal : rule.literals()) {
                out.keyword(compiled, literal);
            }
        }
        TELLING.forEach(name -> out.add(name, new IndexEntry.TellingName()));
        for (int decoder = 0; decoder < decoders.size(); decoder++) {
            List<String> literals = decoders.get(decoder);
            for (int literal = 0; literal < literals.size(); literal++) {
                out.add(literals.get(literal), new IndexEntry.Encoded(decoder, literal));
            }
        }
        out.secrets(secrets);
        out.forms = forms(rules);
        out.freeze();
        out.alphanumericIndex.freeze();
        return out;
    }

    /** The rules without case, for host names, which are in lower case, and so are the secrets' base64 in them. */
    public static DetectorIndex folded(List<TokenRule> rules, Collection<byte[]> secrets) {
        DetectorIndex out = new DetectorIndex();
        for (TokenRule rule : rules) {
            if (rule.context() == null && rule.check() != TokenRule.Check.PEM) {
                CompiledRule compiled = new CompiledRule(rule, true);
                rule.literals().stream()
                        .map(l -> l.toLowerCase(Locale.ROOT))
                        .distinct()
                        .filter(l -> l.length() >= 4)
                        .forEach(l -> out.add(l, new IndexEntry.Keyword(compiled, Spelling.PLAIN, l.length())));
            }
        }
        for (byte[] secret : secrets) {
            SecretForm.base64WithoutCase(secret, secret).forEach(out::anchors);
            SecretBits.of(secret)
                    .parts()
                    .forEach(part -> SecretForm.base64WithoutCase(part, secret).forEach(out::anchors));
        }
        out.freeze();
        return out;
    }

    private static GramSet forms(List<TokenRule> rules) {
        GramSet.Builder out = new GramSet.Builder();
        for (TokenRule rule : rules) {
            rule.literals().stream()
                    .map(literal -> literal.getBytes(StandardCharsets.ISO_8859_1))
                    .filter(literal -> rule.mayVary(literal, 0))
                    .forEach(out::addFirst);
        }
        return out.build();
    }

    /** What stands in the known secrets, however they are written. */
    public GramSet known() {
        return known;
    }

    /** The same of their letters in lower case and digits. */
    public GramSet alphanumericKnown() {
        return alphanumericKnown;
    }

    /** What vendors' exact forms begin with. */
    public GramSet forms() {
        return forms;
    }

    private void freeze() {
        index.freeze();
        byLiteral = targets.toArray(IndexEntry[]::new);
    }

    public LiteralIndex index() {
        return index;
    }

    LiteralIndex alphanumericIndex() {
        return alphanumericIndex;
    }

    List<IndexEntry.Anchor> alphanumericForms() {
        return alphanumericForms;
    }

    public IndexEntry target(int literal) {
        return byLiteral[literal];
    }

    private void keyword(CompiledRule rule, String literal) {
        add(literal, new IndexEntry.Keyword(rule, Spelling.PLAIN, literal.length()));
        boolean distinctive = literal.length() >= 4 && !rule.hasContext() && rule.beforeMax == 0;
        if (distinctive && rule.rule.check() != TokenRule.Check.PEM) {
            add(new StringBuilder(literal).reverse().toString(), keyword(rule, literal, Spelling.REVERSED));
            add(rot13(literal), keyword(rule, literal, Spelling.ROT13));
        }
    }

    private static IndexEntry keyword(CompiledRule rule, String literal, Spelling spelling) {
        return new IndexEntry.Keyword(rule, spelling, literal.length());
    }

    private void secrets(Collection<byte[]> secrets) {
        GramSet.Builder written = new GramSet.Builder();
        GramSet.Builder alphanumeric = new GramSet.Builder();
        for (byte[] secret : secrets) {
            secret(secret, secret, written, alphanumeric);
            SecretBits.of(secret).parts().forEach(part -> secret(part, secret, written, alphanumeric));
        }
        known = written.build();
        alphanumericKnown = alphanumeric.build();
    }

    private void secret(byte[] value, byte[] secret, GramSet.Builder written, GramSet.Builder alphanumeric) {
        for (SecretForm form : SecretForm.of(value, secret)) {
            written.add(form.bytes());
            anchors(form);
        }
        SecretForm.alphanumeric(value, secret).ifPresent(form -> {
            alphanumeric.add(form.bytes());
            for (int anchor : form.anchors()) {
                alphanumericIndex.add(form.anchor(anchor));
                alphanumericForms.add(new IndexEntry.Anchor(form, anchor));
            }
        });
    }

    private void anchors(SecretForm form) {
        for (int anchor : form.anchors()) {
            index.add(form.anchor(anchor));
            targets.add(new IndexEntry.Anchor(form, anchor));
        }
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
