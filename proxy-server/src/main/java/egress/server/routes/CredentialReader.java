package egress.server.routes;

import egress.http.Printable;
import egress.policy.Credential;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The credential of a route: the flat pair, or {@code auth:}. The values that were found are kept as known secrets. */
final class CredentialReader {
    private static final List<String> AUTH_KEYS = List.of("scheme", "header", "token_env", "token_ref", "token_file");
    private static final Set<String> NOT_FOR_CREDENTIALS = Set.of(
            "host",
            "content-length",
            "transfer-encoding",
            "connection",
            "upgrade",
            "te",
            "trailer",
            "expect",
            "content-type",
            "content-encoding",
            "keep-alive",
            "proxy-connection");

    private final TokenSource tokens;
    private final Problems problems;
    private final Set<String> secrets = new LinkedHashSet<>();
    private final Set<String> variables = new LinkedHashSet<>();
    private final List<Path> files = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();

    CredentialReader(TokenSource tokens, Problems problems) {
        this.tokens = tokens;
        this.problems = problems;
    }

    /** The values found, for DLP. */
    Set<String> secrets() {
        return Set.copyOf(secrets);
    }

    Set<String> variables() {
        return Set.copyOf(variables);
    }

    List<Path> files() {
        return List.copyOf(files);
    }

    List<String> warnings() {
        return List.copyOf(warnings);
    }

    /** Reads what a route says; empty where it says nothing, or says it wrongly. */
    Optional<Credential> read(MappingReader route) {
        boolean flat = route.has("auth_scheme") || route.has("token_env") || route.has("token_ref");
        YamlNode auth = route.value("auth");
        if (flat && auth != null) {
            route.problem("auth", "both auth and the flat auth_scheme and token_env (expected: one of the two)");
            return Optional.empty();
        }
        if (flat) {
            boolean whole = route.has("auth_scheme") && (route.has("token_env") || route.has("token_ref"));
            if (!whole) {
                String there = route.has("auth_scheme") ? "auth_scheme" : "token_env";
                route.problem(there, "auth_scheme and token_env go together (expected: both or neither)");
                return Optional.empty();
            }
            return bySchema(route, "auth_scheme");
        }
        return auth == null ? Optional.empty() : nested(auth, route.at("auth"));
    }

    private Optional<Credential> nested(YamlNode node, String path) {
        int before = problems.count();
        MappingReader auth = new MappingReader(node, path, problems, AUTH_KEYS);
        if (problems.count() > before) {
            return Optional.empty();
        }
        if (auth.has("scheme") == auth.has("header")) {
            problems.add(
                    node.line(),
                    path,
                    (auth.isEmpty()
                                    ? "empty"
                                    : auth.has("scheme") ? "both scheme and header" : "neither scheme nor header")
                            + " (expected: scheme or header, with token_env or token_file)");
            return Optional.empty();
        }
        return auth.has("scheme") ? bySchema(auth, "scheme") : byHeader(auth);
    }

    private Optional<Credential> bySchema(MappingReader reader, String schemeKey) {
        Optional<String> scheme = reader.string(schemeKey);
        if (scheme.isEmpty()) {
            return Optional.empty();
        }
        String name = scheme.get();
        if (!name.equals("Bearer") && !name.equals("token") && !name.equals("Basic")) {
            reader.problem(schemeKey, Printable.quote(name) + " (expected: Bearer, token or Basic)");
            return Optional.empty();
        }
        return token(reader).map(token -> {
            if (token.value() == null) {
                return Credential.unavailable("Authorization", token.words());
            }
            if (!name.equals("Basic")) {
                return Credential.authorization(name, token.value());
            }
            if (token.value().indexOf(':') < 0) {
                reader.problem(schemeKey, "Basic, but " + token.name() + " holds no colon (expected: user:password)");
            }
            return Credential.basic(token.value());
        });
    }

    private Optional<Credential> byHeader(MappingReader reader) {
        Optional<String> header = reader.string("header");
        if (header.isEmpty()) {
            return Optional.empty();
        }
        String name = header.get();
        if (!name.matches("[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}")
                || NOT_FOR_CREDENTIALS.contains(name.toLowerCase(Locale.ROOT))) {
            reader.problem("header", Printable.quote(name) + " (expected: a field name, none of the framing's)");
            return Optional.empty();
        }
        return token(reader)
                .map(token -> token.value() == null
                        ? Credential.unavailable(name, token.words())
                        : Credential.of(name, token.value()));
    }

    /**
     * @param name of the variable or file, for sentences
     * @param value null when it is unset or empty
     * @param words why
     */
    private record Token(String name, @Nullable String value, String words) {}

    private Optional<Token> token(MappingReader reader) {
        int sources = (reader.has("token_env") ? 1 : 0)
                + (reader.has("token_ref") ? 1 : 0)
                + (reader.has("token_file") ? 1 : 0);
        String key = reader.has("token_file") ? "token_file" : reader.has("token_ref") ? "token_ref" : "token_env";
        if (sources != 1) {
            reader.problem(key, sources + " sources of a token (expected: one of token_env and token_file)");
            return Optional.empty();
        }
        Optional<String> named = reader.string(key);
        if (named.isEmpty()) {
            return Optional.empty();
        }
        return key.equals("token_file") ? ofFile(reader, named.get()) : ofVariable(reader, key, named.get());
    }

    private Optional<Token> ofVariable(MappingReader reader, String key, String name) {
        if (!name.matches("[A-Za-z_][A-Za-z0-9_]{0,127}")) {
            // The value itself is not shown: it may be the token by mistake.
            reader.problem(key, "no name of an environment variable (expected: letters, digits and underscores)");
            return Optional.empty();
        }
        variables.add(name);
        String value = tokens.variable(name);
        if (value == null || value.isEmpty()) {
            return missing(
                    reader,
                    key,
                    name,
                    "the environment variable " + name + " is " + (value == null ? "not set" : "empty"));
        }
        return valid(reader, key, "the environment variable " + name, value);
    }

    private Optional<Token> ofFile(MappingReader reader, String name) {
        Path path;
        try {
            path = Path.of(name);
        } catch (InvalidPathException e) {
            reader.problem("token_file", "no path of a file");
            return Optional.empty();
        }
        files.add(path);
        String value;
        try {
            value = tokens.file(path);
        } catch (IOException e) {
            return missing(reader, "token_file", name, "the token file " + name + " cannot be read");
        }
        // A file made by an editor or by echo ends in a line break, which is no part of the token.
        String token = value.endsWith("\r\n")
                ? value.substring(0, value.length() - 2)
                : value.endsWith("\n") ? value.substring(0, value.length() - 1) : value;
        if (token.isEmpty()) {
            return missing(reader, "token_file", name, "the token file " + name + " is empty");
        }
        return valid(reader, "token_file", "the token file " + name, token);
    }

    private Optional<Token> missing(MappingReader reader, String key, String name, String words) {
        warnings.add(reader.at(key) + ": " + words + ": its requests will get a 403");
        return Optional.of(new Token(name, null, words));
    }

    private Optional<Token> valid(MappingReader reader, String key, String name, String value) {
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c < 0x20 || c == 0x7F || c > 0xFF) {
                reader.problem(
                        key, name + " holds a line break, control or non-Latin character (expected: a field value)");
                return Optional.empty();
            }
        }
        if (!value.equals(value.strip())) {
            reader.problem(key, name + " begins or ends with white space (expected: a field value)");
            return Optional.empty();
        }
        secrets.add(value);
        return Optional.of(new Token(name, value, ""));
    }
}
