package egress.testkit.pipelock;

import com.fasterxml.jackson.databind.ObjectMapper;
import egress.testkit.pipelock.PipelockRow.Answer;
import egress.testkit.pipelock.PipelockRow.Decision;
import egress.testkit.pipelock.PipelockServer.Listener;
import egress.testkit.wire.Field;
import egress.testkit.wire.HttpHead;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds the recorded answer to a question. What was not recorded is answered by the one rule that all recordings share: a text that
 * holds a GitHub token or a JWT, white space or dots left out, percent-decoded, or as a base64 or hex segment of its own, is blocked.
 */
final class PipelockBook {
    private static final Pattern TOKEN =
            Pattern.compile("ghp_[A-Za-z0-9]{36}|(?<jwt>eyJ[\\w-]{10,}\\.eyJ[\\w-]{10,}\\.[\\w-]{10,})");
    private static final Pattern BLANK = Pattern.compile("[\\s\\p{Cntrl}]+");
    private static final Pattern SEGMENTS = Pattern.compile("[/?&=\"{}:,\\[\\]]+");
    private static final Answer SILENT_PASS = new Answer(204, List.of(), "", Duration.ofMillis(1), true);

    private static final Answer ORIGIN =
            new Answer(200, Field.list("Content-Type", "text/plain"), "origin\n", Duration.ofMillis(1), true);

    private final List<PipelockRow> rows;

    PipelockBook(List<PipelockRow> rows) {
        this.rows = rows;
    }

    /** What the reverse proxy answers. */
    Answer reverse(HttpHead head, String body) {
        Optional<PipelockRow> exact = exact(head, head.target(), body);
        Optional<PipelockRow> retyped = exact.isPresent() ? exact : alike(head, head.target(), body);
        if (holdsToken(head.target()) && retyped.isEmpty()) {
            return reverseBlock("URL DLP: GitHub Token");
        }
        boolean added = head.fields().stream()
                .filter(field -> retyped.stream().noneMatch(row -> row.fields().contains(field)))
                .anyMatch(field -> holdsToken(field.name() + "&" + field.value()));
        if (added) {
            return reverseBlock("header DLP: GitHub Token");
        }
        if (exact.isPresent()) {
            return exact.get().sink();
        }
        if (retyped.isPresent()) {
            // Asked under a type that it reads; by the forward way it reads every type.
            Answer answer = retyped.get().forward();
            return answer.passed() ? SILENT_PASS : reverseBlock("DLP: GitHub Token");
        }
        return holdsToken(body) ? reverseBlock("DLP: GitHub Token") : SILENT_PASS;
    }

    /** What the forward proxy answers. */
    Answer forward(HttpHead head, String target, String body) {
        Optional<PipelockRow> exact = exact(head, target, body);
        if (exact.isPresent()) {
            return exact.get().forward();
        }
        if (head.fields().stream().anyMatch(field -> holdsToken(field.name() + "&" + field.value()))) {
            return forwardBlock("request header contains secret");
        }
        if (holdsToken(target)) {
            return forwardBlock("core DLP match: GitHub Token (critical)");
        }
        return holdsToken(body) ? forwardBlock("request body contains secret: GitHub Token") : ORIGIN;
    }

    /** What the scan API says of a URL. */
    String url(String url) {
        String target = url.replaceFirst("^https?://[^/?]*", "");
        for (PipelockRow row : rows) {
            if (row.target().equals(target)) {
                return row.url().json();
            }
        }
        return decision("url", holdsToken(url), "URL-core_dlp", "core DLP match: GitHub Token (critical)");
    }

    /** What the scan API says of a text. */
    String text(String text) {
        for (PipelockRow row : rows) {
            if (row.dlp().map(Decision::text).filter(text::equals).isPresent()) {
                return row.dlp().get().json();
            }
        }
        String token = token(text).orElse("");
        return decision("dlp", !token.isEmpty(), "DLP-" + token, "Secret-like token detected (" + token + ")");
    }

    /** What a pipelock that allows everything answers to that question; the sink has to be asked by the caller. */
    static Answer allowed(Listener listener, byte[] asked) throws IOException {
        return switch (listener) {
            case REVERSE -> SILENT_PASS;
            case FORWARD -> ORIGIN;
            case SCAN -> json(decision(kind(asked), false, "", ""));
        };
    }

    /** What a pipelock that blocks everything answers to that question. */
    static Answer blocked(Listener listener, byte[] asked) throws IOException {
        return switch (listener) {
            case REVERSE -> reverseBlock("DLP: Everything");
            case FORWARD -> forwardBlock("request body contains secret: Everything");
            case SCAN -> json(decision(kind(asked), true, "URL-core_dlp", "core DLP match: Everything"));
        };
    }

    private static String kind(byte[] asked) throws IOException {
        return new ObjectMapper().readTree(asked).path("kind").asText();
    }

    private static Answer json(String body) {
        return new Answer(200, Field.list("Content-Type", "application/json"), body, Duration.ofMillis(1), true);
    }

    private Optional<PipelockRow> exact(HttpHead head, String target, String body) {
        return rows.stream()
                .filter(row -> same(row, head, target, body))
                .filter(row -> head.fields().containsAll(row.fields()))
                .filter(row -> head.value("content-type").equals(Field.first(row.fields(), "content-type")))
                .max(Comparator.comparingInt(row -> row.fields().size()));
    }

    private Optional<PipelockRow> alike(HttpHead head, String target, String body) {
        return rows.stream()
                .filter(row -> same(row, head, target, body))
                .filter(row -> Field.first(row.fields(), "content-type").isPresent())
                .filter(row -> Field.first(row.fields(), "content-encoding").isEmpty())
                .findFirst();
    }

    private static boolean same(PipelockRow row, HttpHead head, String target, String body) {
        return row.method().equals(head.method())
                && row.target().equals(target)
                && row.body().equals(body);
    }

    private static Answer reverseBlock(String reason) {
        String body = "{\"error\":\"blocked by pipelock\",\"blocked\":true,\"block_reason\":\"" + reason
                + "\",\"direction\":\"request\"}\n";
        return block("application/json", body);
    }

    private static Answer forwardBlock(String reason) {
        return block("text/plain; charset=utf-8", "blocked: " + reason + "\n");
    }

    private static Answer block(String type, String body) {
        List<Field> fields = Field.list("Content-Type", type, "Content-Length", Integer.toString(body.length()));
        return new Answer(403, fields, body, Duration.ofMillis(1), false);
    }

    private static String decision(String kind, boolean deny, String rule, String message) {
        String findings = "\"findings\":[{\"scanner\":\"" + kind + "\",\"rule_id\":\"" + rule
                + "\",\"severity\":\"critical\",\"message\":\"" + message + "\"}],";
        return "{\"status\":\"completed\",\"decision\":\"" + (deny ? "deny" : "allow") + "\"," + (deny ? findings : "")
                + "\"kind\":\"" + kind + "\",\"engine_version\":\"0.1.0-dev\"}";
    }

    private static boolean holdsToken(String text) {
        return token(text).isPresent();
    }

    /** What it holds, in pipelock's words. */
    private static Optional<String> token(String text) {
        for (String reading : readings(text)) {
            Matcher found = TOKEN.matcher(reading);
            if (found.find()) {
                return Optional.of(found.group("jwt") == null ? "GitHub Token" : "JWT Token");
            }
        }
        return Optional.empty();
    }

    private static List<String> readings(String text) {
        String whole = BLANK.matcher(text).replaceAll("");
        List<String> out =
                new ArrayList<>(List.of(whole, whole.replace(".", ""), percentDecoded(percentDecoded(whole))));
        if (whole.length() < 100_000) {
            for (String segment : SEGMENTS.split(whole, -1)) {
                decoded(segment).ifPresent(out::add);
            }
        }
        return out;
    }

    private static Optional<String> decoded(String segment) {
        if (segment.length() < 20) {
            return Optional.empty();
        }
        try {
            byte[] bytes = segment.matches("[0-9a-fA-F]+")
                    ? HexFormat.of().parseHex(segment)
                    : Base64.getUrlDecoder().decode(segment.replace('+', '-').replace('/', '_'));
            return Optional.of(new String(bytes, StandardCharsets.ISO_8859_1));
        } catch (IllegalArgumentException notEncoded) {
            return Optional.empty();
        }
    }

    private static String percentDecoded(String text) {
        try {
            return text.indexOf('%') < 0 ? text : URLDecoder.decode(text, StandardCharsets.ISO_8859_1);
        } catch (IllegalArgumentException notEncoded) {
            return text;
        }
    }

    static PipelockBook recorded() throws IOException {
        return new PipelockBook(PipelockRow.all());
    }
}
