package egress.dlp.builtin;

import egress.dlp.builtin.rule.DetectorFile;
import egress.dlp.builtin.rule.TokenRule;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/** What is to be found: every example of the detector file, and values that the scanner was told to guard. */
final class Kinds {

    /** @param bare whether an example is the token alone, with nothing around it that it needs */
    record Kind(String name, String template, boolean bare) {}

    private final List<Kind> all = new ArrayList<>();
    private final List<String> known = new ArrayList<>();

    Kinds(RandomGenerator random) {
        for (TokenRule rule : DetectorFile.read()) {
            for (String example : rule.examples()) {
                boolean bare = rule.context() == null
                        && !example.contains(" ")
                        && !example.contains("{")
                        && !example.contains("pem:")
                        && !example.contains("://")
                        && !example.contains(";");
                all.add(new Kind(rule.name(), example, bare));
            }
        }
        Templates templates = new Templates(random);
        for (String shape : List.of(
                "<12:A-Za-z0-9>",
                "<16:A-Za-z0-9>",
                "<24:a-z0-9>",
                "<32:a-f0-9>",
                "<40:A-Za-z0-9_->",
                "Tr0ub4dor&<4:0-9>!")) {
            known.add(templates.expand(shape));
        }
    }

    /** The values to hand to the scanner. */
    List<byte[]> secrets() {
        return known.stream().map(Dress::latin).toList();
    }

    List<Kind> all() {
        return all;
    }

    /** A kind, and a value of it: one in five is a known secret. */
    String[] draw(RandomGenerator random, boolean bareOnly) {
        if (random.nextInt(5) == 0) {
            return new String[] {"known_secret", known.get(random.nextInt(known.size()))};
        }
        List<Kind> from = bareOnly ? all.stream().filter(Kind::bare).toList() : all;
        Kind kind = from.get(random.nextInt(from.size()));
        return new String[] {kind.name(), new Templates(random).expand(kind.template())};
    }
}
