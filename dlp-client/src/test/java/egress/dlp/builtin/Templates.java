package egress.dlp.builtin;

import egress.dlp.builtin.rule.TokenRule;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.random.RandomGenerator;

/**
 * Writes out the detector file's examples: {@code <36:A-Za-z0-9>} is that many characters drawn from that class, {@code <jwt>},
 * {@code <jwe>} and {@code <pem:LABEL>} are whole ones. So nothing that looks like a key lies in the repository.
 */
public final class Templates {
    private final RandomGenerator random;

    public Templates(RandomGenerator random) {
        this.random = random;
    }

    public String expand(String template) {
        StringBuilder out = new StringBuilder();
        int i = 0;
        while (i < template.length()) {
            int close = template.charAt(i) == '<' ? closing(template, i) : -1;
            String inner = close < 0 ? "" : template.substring(i + 1, close);
            if (inner.equals("jwt")) {
                out.append(jwt());
            } else if (inner.equals("jwe")) {
                out.append(jwe());
            } else if (inner.startsWith("pem:")) {
                out.append(pem(inner.substring(4)));
            } else if (inner.matches("\\d+:.+")) {
                int colon = inner.indexOf(':');
                char[] alphabet = TokenRule.charactersOf(inner.substring(colon + 1));
                out.append(drawn(Integer.parseInt(inner.substring(0, colon)), alphabet));
            } else {
                out.append(template.charAt(i));
                i++;
                continue;
            }
            i = close + 1;
        }
        return out.toString();
    }

    private static int closing(String template, int open) {
        return template.indexOf('>', open);
    }

    String drawn(int n, char[] alphabet) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < n; i++) {
            out.append(alphabet[random.nextInt(alphabet.length)]);
        }
        return out.toString();
    }

    public String drawn(int n, String alphabet) {
        return drawn(n, TokenRule.charactersOf(alphabet));
    }

    private String jwt() {
        String payload = "{\"sub\":\"" + drawn(8, "0-9") + "\",\"iat\":17" + drawn(8, "0-9") + ",\"scope\":\"all\"}";
        return url("{\"alg\":\"HS256\",\"typ\":\"JWT\"}") + '.' + url(payload) + '.' + drawn(43, "A-Za-z0-9_-");
    }

    private String jwe() {
        return url("{\"alg\":\"dir\",\"enc\":\"A256GCM\"}") + ".." + drawn(16, "A-Za-z0-9_-") + '.'
                + drawn(60, "A-Za-z0-9_-") + '.' + drawn(22, "A-Za-z0-9_-");
    }

    private String pem(String label) {
        StringBuilder out = new StringBuilder("-----BEGIN " + label + "-----\n");
        for (int i = 0; i < 8; i++) {
            out.append(drawn(64, "A-Za-z0-9+/")).append('\n');
        }
        return out.append(drawn(30, "A-Za-z0-9+/"))
                .append("==\n-----END ")
                .append(label)
                .append("-----\n")
                .toString();
    }

    private static String url(String json) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(json.getBytes(StandardCharsets.UTF_8));
    }
}
