package egress.server.routes;

import egress.exchange.LocalSite;
import egress.http.Printable;
import egress.policy.Ask;
import egress.policy.Credential;
import egress.policy.HostPattern;
import egress.policy.Policy;
import egress.policy.Route;
import java.io.IOException;
import java.io.InputStream;
import java.net.IDN;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A routes file, every era of it: YAML 1.2 with exactly one document, and no alias, tag, duplicate or unknown key. All
 * that is wrong is reported at once, each with its place and what was expected; no token ever is.
 */
public final class RoutesFile {
    /** Larger files are refused unread. */
    public static final int MAX_BYTES = 4 * 1024 * 1024;

    private static final List<String> FILE_KEYS = List.of("log", "unlisted", "routes");
    private static final List<String> ROUTE_KEYS = List.of(
            "host",
            PatternReader.SHARED_SUFFIX,
            "auth_scheme",
            "token_env",
            "token_ref",
            "auth",
            "path_allowlist",
            "matches",
            "git",
            "dlp",
            "tls",
            "trace",
            "ask");
    private static final List<String> NEED_PLAINTEXT = List.of(
            "auth_scheme", "token_env", "token_ref", "auth", "path_allowlist", "matches", "git", "dlp", "trace", "ask");

    /** What became of reading it. */
    public sealed interface Result {
        record Valid(Loaded loaded) implements Result {}

        /** @param errors one sentence each, at least one: its place and what was expected, and no secret */
        record Invalid(List<String> errors) implements Result {}
    }

    /**
     * What the gate works by until the next load.
     *
     * @param logLevel 0 off, 1 blocks, 2 full
     * @param secrets the values of every token, never to be shown; for DLP and masking
     * @param variables the environment variables that hold tokens
     * @param tokenFiles read anew with each load
     * @param warnings what will not work as it stands, such as a token that is not set
     * @param allowlist the routes as JSON, without any secret
     */
    public record Loaded(
            Policy policy,
            int logLevel,
            Set<String> secrets,
            Set<String> variables,
            List<Path> tokenFiles,
            List<String> warnings,
            String allowlist) {
        private static final String NO_ROUTES = "{\"routes\":[]}";

        public Loaded {
            secrets = Set.copyOf(secrets);
            variables = Set.copyOf(variables);
            tokenFiles = List.copyOf(tokenFiles);
            warnings = List.copyOf(warnings);
        }

        /** A policy that no file made. */
        public static Loaded of(Policy policy, int logLevel) {
            return new Loaded(policy, logLevel, Set.of(), Set.of(), List.of(), List.of(), NO_ROUTES);
        }

        /** {@code loaded N route(s): a, b [log=off|blocks|full]}. */
        public String line() {
            List<Route> routes = policy.routes();
            String names = routes.stream().map(Route::name).collect(Collectors.joining(", "));
            String level = switch (logLevel) {
                case 0 -> "off";
                case 1 -> "blocks";
                default -> "full";
            };
            String start = "loaded " + routes.size() + " route(s): " + names + (names.isEmpty() ? "" : " ");
            return start + "[log=" + level + "]";
        }

        /** Never shows a secret. */
        @Override
        public String toString() {
            return "Loaded[" + line() + "]";
        }
    }

    private final Problems problems;
    private final CredentialReader credentials;
    private final MatchReader rules;
    private final DlpReader dlp;
    private final PatternReader patterns;
    private final List<String> warnings = new ArrayList<>();
    private final Map<String, Integer> served = new HashMap<>();

    private RoutesFile(String name, TokenSource tokens) {
        this.problems = new Problems(name);
        this.credentials = new CredentialReader(tokens, problems);
        this.rules = new MatchReader(problems);
        this.dlp = new DlpReader(problems);
        this.patterns = new PatternReader(problems, warnings);
    }

    /**
     * Reads a file by its path.
     *
     * @param passthrough hosts whose TLS is relayed unread, beside those that the file names
     */
    public static Result load(Path file, TokenSource tokens, List<String> passthrough) {
        byte[] bytes;
        try (InputStream in = Files.newInputStream(file)) {
            bytes = in.readNBytes(MAX_BYTES + 1);
        } catch (NoSuchFileException e) {
            return new Result.Invalid(List.of(file + ": no such file"));
        } catch (IOException e) {
            return new Result.Invalid(List.of(file + ": cannot be read: " + e.getMessage()));
        }
        return parse(file.toString(), bytes, tokens, passthrough);
    }

    /** Reads a file's content; the name is for the errors. */
    public static Result parse(String name, byte[] bytes, TokenSource tokens, List<String> passthrough) {
        return new RoutesFile(name, tokens).read(bytes, passthrough);
    }

    private Result read(byte[] bytes, List<String> passthrough) {
        Optional<YamlNode> root = document(bytes);
        List<Route> routes = new ArrayList<>();
        int logLevel = 0;
        Ask unlisted = Ask.NEVER;
        if (root.isPresent()) {
            MappingReader file = new MappingReader(root.get(), "", problems, FILE_KEYS);
            logLevel = file.number("log", 0, 2).orElse(0);
            unlisted = AskReader.unlisted(file);
            if (!file.has("routes") && root.get() instanceof YamlNode.Mapping) {
                problems.add(1, "routes", "missing (expected: a list; an empty one denies everything)");
            }
            file.items("routes", (node, path) -> route(node, path).ifPresent(routes::add));
        }
        for (String host : passthrough) {
            passthrough(host).ifPresent(routes::add);
        }
        if (!problems.isEmpty() || root.isEmpty()) {
            return new Result.Invalid(problems.all());
        }
        List<String> allWarnings = new ArrayList<>(credentials.warnings());
        allWarnings.addAll(warnings);
        return new Result.Valid(new Loaded(
                Policy.of(routes, unlisted),
                logLevel,
                credentials.secrets(),
                credentials.variables(),
                credentials.files(),
                allWarnings,
                Allowlist.json(root.get(), passthrough)));
    }

    private Optional<YamlNode> document(byte[] bytes) {
        if (bytes.length > MAX_BYTES) {
            problems.add(1, "", "more than 4 MiB (expected: at most that)");
            return Optional.empty();
        }
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
            return Optional.of(YamlReader.read(text));
        } catch (CharacterCodingException e) {
            problems.add(1, "", "not UTF-8 (expected: YAML in UTF-8)");
        } catch (YamlReader.Fault e) {
            problems.add(e.line(), "", String.valueOf(e.getMessage()));
        }
        return Optional.empty();
    }

    private Optional<Route> route(YamlNode node, String path) {
        int before = problems.count();
        MappingReader reader = new MappingReader(node, path, problems, ROUTE_KEYS);
        if (!reader.has("host") && node instanceof YamlNode.Mapping) {
            reader.problem("host", "missing (expected: a host)");
        }
        Optional<Route.Builder> named = reader.string("host").flatMap(host -> named(reader, host));
        boolean passthrough = passthrough(reader);
        Optional<Credential> credential = credentials.read(reader);
        var matches = rules.matches(reader);
        var allowlist = rules.allowlist(reader);
        boolean gitFetch = gitFetch(reader);
        boolean isPattern =
                named.map(Route.Builder::build).map(Route::isPattern).orElse(false);
        var dlpRules = dlp.read(reader, isPattern);
        boolean trace = reader.bool("trace", false);
        Ask ask = AskReader.ofRoute(reader);
        if (named.isEmpty()) {
            return Optional.empty();
        }
        Route.Builder route = named.get();
        // Also where the entry holds for nothing else: the next one of its host is a mistake all the same.
        checkUnique(route.build(), reader.line("host"), reader.at("host"));
        patterns.check(reader, route.build());
        if (problems.count() > before) {
            return Optional.empty();
        }
        credential.ifPresent(route::credential);
        matches.forEach(route::match);
        allowlist.forEach(route::allowPath);
        return Optional.of(route.gitFetch(gitFetch)
                .dlp(dlpRules)
                .passthrough(passthrough)
                .trace(trace)
                .ask(ask)
                .build());
    }

    private Optional<Route.Builder> named(MappingReader reader, String host) {
        try {
            return Optional.of(checkedName(host, HostPattern.isAskedFor(host)));
        } catch (IllegalArgumentException e) {
            reader.problem("host", String.valueOf(e.getMessage()));
            return Optional.empty();
        }
    }

    private static Route.Builder checkedName(String host, boolean pattern) {
        if (!host.chars().allMatch(c -> c < 0x80)) {
            throw new IllegalArgumentException(
                    Printable.quote(host) + " (expected: the name as it is on the wire" + aLabels(host) + ")");
        }
        Route.Builder route = pattern ? Route.pattern(host) : Route.named(host);
        String name = host.toLowerCase(Locale.ROOT);
        if (name.matches("(.*\\.)?" + LocalSite.HOST.replace(".", "\\.") + "\\.?(:[0-9]+)?")) {
            throw new IllegalArgumentException(Printable.quote(host)
                    + ": that name is the proxy itself and cannot be routed (expected: another host)");
        }
        return route;
    }

    private static String aLabels(String host) {
        try {
            return ", " + Printable.quote(IDN.toASCII(host));
        } catch (IllegalArgumentException e) {
            return "";
        }
    }

    private boolean passthrough(MappingReader reader) {
        Optional<String> tls = reader.string("tls");
        if (tls.isEmpty()) {
            return false;
        }
        if (!tls.get().equals("passthrough")) {
            reader.problem("tls", Printable.quote(tls.get()) + " (expected: passthrough)");
            return false;
        }
        for (String key : NEED_PLAINTEXT) {
            if (reader.has(key)) {
                reader.problem(
                        key, "cannot hold where tls is passthrough: nothing inside is read (expected: only host)");
            }
        }
        return true;
    }

    private boolean gitFetch(MappingReader reader) {
        YamlNode node = reader.value("git");
        return node != null
                && new MappingReader(node, reader.at("git"), problems, List.of("fetch")).bool("fetch", false);
    }

    private Optional<Route> passthrough(String host) {
        try {
            if (HostPattern.isAskedFor(host)) {
                throw new IllegalArgumentException(
                        Printable.quote(host) + ": a pattern is never passed through (expected: one full name)");
            }
            Route route = checkedName(host, false).passthrough(true).build();
            return checkUnique(route, 0, "--passthrough " + host) ? Optional.of(route) : Optional.empty();
        } catch (IllegalArgumentException e) {
            problems.add(0, "--passthrough", String.valueOf(e.getMessage()));
            return Optional.empty();
        }
    }

    /** One entry per host and port. */
    private boolean checkUnique(Route route, int line, String path) {
        List<String> places = new ArrayList<>();
        route.serves().forEach(each -> places.add(each.authority().toString()));
        route.patterns().forEach(each -> places.add(each.names() + ":" + each.port()));
        for (String place : places) {
            Integer first = served.putIfAbsent(place, line);
            if (first != null) {
                problems.add(
                        line,
                        path,
                        Printable.quote(route.name()) + " serves " + place + ", which line " + first
                                + " serves already (expected: one entry per host and port)");
                return false;
            }
        }
        return true;
    }
}
