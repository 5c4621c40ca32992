package egress.dlp.builtin;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/** Words, lines, identifiers and bytes of every shape, drawn from a seed. */
final class RandomText {
    private static final String[] WORDS =
            ("the request failed because every token in this list was rotated last week and a new key must be "
                            + "created before you deploy please store it as a secret in your environment never paste passwords into chat use the "
                            + "vault or a password manager instead then call the api with a bearer header see docs for details thanks")
                    .split(" ", -1);

    private final RandomGenerator random;
    private final Templates templates;

    RandomText(RandomGenerator random) {
        this.random = random;
        this.templates = new Templates(random);
    }

    String t(String template) {
        return templates.expand(template);
    }

    String pick(String... texts) {
        return texts[random.nextInt(texts.length)];
    }

    String prose(int n) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < n; i++) {
            out.append(WORDS[random.nextInt(WORDS.length)]).append(i % 13 == 12 ? ".\\n" : " ");
        }
        return out.toString();
    }

    String lines(int n, String template) {
        return joined(n, "\n", template) + "\n";
    }

    String joined(int n, String between, String template) {
        List<String> out = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            out.add(t(template));
        }
        return String.join(between, out);
    }

    String binary(int n) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < n; i++) {
            out.append((char) random.nextInt(256));
        }
        return out.toString();
    }

    /** Small numbers in four bytes each. */
    String packed(int n) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < n; i++) {
            int value = random.nextInt(60_000);
            out.append((char) (value & 0xff)).append((char) (value >> 8)).append("\0\0");
        }
        return out.toString();
    }

    String image(int n) {
        return Dress.base64("\u0089PNG\r\n\u001a\n\0\0\0\rIHDR" + binary(n));
    }
}
