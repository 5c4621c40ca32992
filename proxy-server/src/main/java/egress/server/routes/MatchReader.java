package egress.server.routes;

import egress.http.Printable;
import egress.policy.Match;
import egress.policy.Matcher;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The rules of a route: {@code matches} and the older {@code path_allowlist}. */
final class MatchReader {
    private static final String TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}";

    private final Problems problems;

    MatchReader(Problems problems) {
        this.problems = problems;
    }

    List<Match> matches(MappingReader route) {
        List<Match> matches = new ArrayList<>();
        route.requireItems("matches");
        route.items("matches", (node, path) -> matches.add(match(node, path)));
        return matches;
    }

    private Match match(YamlNode node, String path) {
        MappingReader match = new MappingReader(node, path, problems, List.of("paths", "methods", "headers"));
        if (node instanceof YamlNode.Mapping mapping && mapping.entries().isEmpty()) {
            problems.add(node.line(), path, "empty (expected: at least one of paths, methods and headers)");
        }
        List<Matcher> paths = new ArrayList<>();
        match.requireItems("paths");
        match.items("paths", (item, where) -> path(item, where).ifPresent(paths::add));
        List<String> methods = new ArrayList<>();
        match.requireItems("methods");
        for (MappingReader.Placed method : match.strings("methods")) {
            if (method.text().matches(TOKEN)) {
                methods.add(method.text());
            } else {
                problems.add(method.node(), method.path(), "a method");
            }
        }
        List<Match.HeaderRule> headers = new ArrayList<>();
        match.requireItems("headers");
        match.items("headers", (item, where) -> header(item, where).ifPresent(headers::add));
        return new Match(paths, methods, headers);
    }

    private Optional<Matcher> path(YamlNode node, String path) {
        MappingReader rule = new MappingReader(node, path, problems, List.of("type", "value"));
        Optional<String> type = required(rule, "type", "exact, prefix or regex");
        Optional<String> value = required(rule, "value", "a path");
        if (type.isEmpty() || value.isEmpty()) {
            return Optional.empty();
        }
        return switch (type.get()) {
            case "exact" -> absolute(rule, value.get()).map(Matcher.Exact::new);
            case "prefix" -> absolute(rule, value.get()).map(Matcher.Prefix::new);
            case "regex" -> regex(rule, value.get());
            default -> {
                rule.problem("type", Printable.quote(type.get()) + " (expected: exact, prefix or regex)");
                yield Optional.empty();
            }
        };
    }

    private Optional<Match.HeaderRule> header(YamlNode node, String path) {
        MappingReader rule = new MappingReader(node, path, problems, List.of("name", "value", "type"));
        Optional<String> name = required(rule, "name", "a field name");
        Optional<String> value = required(rule, "value", "a string");
        String type = rule.has("type") ? rule.string("type").orElse("") : "exact";
        if (name.isEmpty() || value.isEmpty()) {
            return Optional.empty();
        }
        if (!name.get().matches(TOKEN)) {
            rule.problem("name", Printable.quote(name.get()) + " (expected: a field name)");
            return Optional.empty();
        }
        return switch (type) {
            case "exact" -> Optional.of(new Match.HeaderRule(name.get(), new Matcher.Exact(value.get())));
            case "regex" -> regex(rule, value.get()).map(matcher -> new Match.HeaderRule(name.get(), matcher));
            default -> {
                rule.problem("type", Printable.quote(type) + " (expected: exact or regex)");
                yield Optional.empty();
            }
        };
    }

    private static Optional<String> required(MappingReader rule, String key, String expected) {
        if (!rule.has(key)) {
            rule.problem(key, "missing (expected: " + expected + ")");
        }
        return rule.string(key);
    }

    private static Optional<String> absolute(MappingReader rule, String value) {
        if (value.startsWith("/") && value.indexOf('?') < 0 && value.indexOf('#') < 0) {
            return Optional.of(value);
        }
        rule.problem("value", Printable.quote(value) + " (expected: a path that begins with a slash, without a query)");
        return Optional.empty();
    }

    private static Optional<Matcher> regex(MappingReader rule, String value) {
        try {
            return Optional.of(Matcher.Regex.of(value));
        } catch (IllegalArgumentException e) {
            rule.problem("value", Printable.quote(value) + ": " + e.getMessage() + " (expected: an RE2 expression)");
            return Optional.empty();
        }
    }

    /** Older files: each entry a prefix of whole segments. */
    List<Matcher> allowlist(MappingReader route) {
        List<Matcher> prefixes = new ArrayList<>();
        for (MappingReader.Placed entry : route.strings("path_allowlist")) {
            if (entry.text().startsWith("/")) {
                prefixes.add(new Matcher.Prefix(entry.text()));
            } else {
                problems.add(entry.node(), entry.path(), "a path that begins with a slash");
            }
        }
        return prefixes;
    }
}
