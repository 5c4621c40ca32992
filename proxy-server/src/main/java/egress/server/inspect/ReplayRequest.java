package egress.server.inspect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import egress.http.Printable;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/** A request that a person asks the gate to send, checked: nothing in it can become a second one. */
@SuppressWarnings("ArrayRecordComponent") // handed on, never compared
record ReplayRequest(
        String method, String scheme, String host, int port, String target, List<Field> fields, byte[] body) {
    private static final Pattern TOKEN = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");

    /** Written anew, since they belong to the connection or follow from the rest. */
    private static final Set<String> OURS = Set.of(
            "host",
            "connection",
            "content-length",
            "transfer-encoding",
            "keep-alive",
            "proxy-connection",
            "proxy-authorization",
            "te",
            "trailer",
            "upgrade",
            "expect",
            "http2-settings");

    record Field(String name, String value) {}

    /**
     * Reads {@code {"method": …, "url": …, "fields": [[name, value], …], "body": base64}}.
     *
     * @throws IllegalArgumentException with what was expected
     */
    static ReplayRequest read(byte[] json) throws IOException {
        JsonNode root = new ObjectMapper().readTree(json);
        String method = root.path("method").asText();
        if (!TOKEN.matcher(method).matches()) {
            throw new IllegalArgumentException("method: " + Printable.quote(method) + " (expected: one such as POST)");
        }
        URI url = url(root.path("url").asText());
        List<Field> fields = new ArrayList<>();
        for (JsonNode pair : root.path("fields")) {
            Field field = new Field(pair.path(0).asText(), pair.path(1).asText().strip());
            if (!TOKEN.matcher(field.name()).matches() || !field.value().chars().allMatch(ReplayRequest::mayStand)) {
                throw new IllegalArgumentException(
                        "field " + Printable.quote(field.name()) + " (expected: a field of HTTP, name and value)");
            }
            if (!OURS.contains(field.name().toLowerCase(Locale.ROOT))) {
                fields.add(field);
            }
        }
        byte[] body = Base64.getDecoder().decode(root.path("body").asText());
        String scheme = url.getScheme().toLowerCase(Locale.ROOT);
        int port = url.getPort() >= 0 ? url.getPort() : scheme.equals("https") ? 443 : 80;
        String path = url.getRawPath().isEmpty() ? "/" : url.getRawPath();
        String target = url.getRawQuery() == null ? path : path + "?" + url.getRawQuery();
        return new ReplayRequest(method, scheme, url.getHost(), port, target, List.copyOf(fields), body);
    }

    private static URI url(String text) {
        try {
            URI url = new URI(text);
            boolean web = "https".equalsIgnoreCase(url.getScheme()) || "http".equalsIgnoreCase(url.getScheme());
            if (web && url.getHost() != null && url.getRawUserInfo() == null) {
                return url;
            }
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException("url: " + Printable.line(String.valueOf(e.getMessage())), e);
        }
        throw new IllegalArgumentException(
                "url: " + Printable.quote(text) + " (expected: https:// or http:// and a host)");
    }

    private static boolean mayStand(int c) {
        return c == '\t' || c >= ' ' && c != 0x7f && c <= 0xff;
    }

    /** The head as HTTP/1.1 has it, for a connection that ends with it. */
    byte[] head(String requestTarget, List<Field> more) {
        StringBuilder head =
                new StringBuilder(method + " " + requestTarget + " HTTP/1.1\r\nHost: " + authority() + "\r\n");
        for (Field field : fields) {
            head.append(field.name()).append(": ").append(field.value()).append("\r\n");
        }
        for (Field field : more) {
            head.append(field.name()).append(": ").append(field.value()).append("\r\n");
        }
        if (body.length > 0 || Set.of("POST", "PUT", "PATCH").contains(method)) {
            head.append("Content-Length: ").append(body.length).append("\r\n");
        }
        return head.append("Connection: close\r\n\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    String authority() {
        int own = scheme.equals("https") ? 443 : 80;
        return port == own ? host : host + ":" + port;
    }
}
