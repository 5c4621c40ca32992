package egress.server.routes;

import egress.http.Printable;
import egress.policy.HostPattern;
import egress.policy.Route;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What must be so where {@code host:} is a pattern, and {@code shared_suffix}. */
final class PatternReader {
    static final String SHARED_SUFFIX = "shared_suffix";

    private static final List<String> ONE_HOST = List.of("auth_scheme", "token_env", "token_ref", "auth", "tls");

    private final Problems problems;
    private final List<String> warnings;
    private @Nullable PublicSuffixes suffixes;

    PatternReader(Problems problems, List<String> warnings) {
        this.problems = problems;
        this.warnings = warnings;
    }

    /** @param route what {@code host:} says, and nothing else of the entry */
    void check(MappingReader reader, Route route) {
        boolean shared = reader.bool(SHARED_SUFFIX, false);
        if (!route.isPattern()) {
            if (reader.has(SHARED_SUFFIX)) {
                reader.problem(SHARED_SUFFIX, "only a pattern has a suffix (expected: no such key here)");
            }
            return;
        }
        for (String key : ONE_HOST) {
            if (reader.has(key)) {
                reader.problem(
                        key,
                        "cannot hold for a pattern, since others may come to have a name under it (expected: an entry"
                                + " for each host that needs it)");
            }
        }
        HostPattern names = route.patterns().getFirst().names();
        PublicSuffixes list = list(reader);
        if (list != null) {
            check(reader, names, list.under(names), shared);
        }
    }

    private void check(MappingReader reader, HostPattern names, PublicSuffixes.Names whose, boolean shared) {
        String pattern = Printable.quote(names.toString());
        switch (whose) {
            case OF_A_REGISTRY ->
                reader.problem(
                        "host",
                        pattern + ": anybody can register a name there (expected: a pattern under a name that has one"
                                + " owner)");
            case OF_ANYBODY -> {
                if (shared) {
                    warnings.add(reader.at("host") + ": " + pattern + ": anybody can open a name there, so what may"
                            + " leave for one of them may leave for anybody");
                } else {
                    reader.problem(
                            "host",
                            pattern + ": anybody can open a name there (expected: the full names, or"
                                    + " shared_suffix: true where that is meant)");
                }
            }
            case OF_ONE_OWNER -> {
                if (shared) {
                    warnings.add(reader.at(SHARED_SUFFIX) + ": the list of public suffixes knows none for " + pattern
                            + ": the key says nothing");
                }
            }
        }
    }

    /** Read where there is a pattern, and once: it has ten thousand lines. */
    private @Nullable PublicSuffixes list(MappingReader reader) {
        PublicSuffixes known = suffixes;
        if (known != null) {
            return known;
        }
        try {
            known = PublicSuffixes.load();
            suffixes = known;
            return known;
        } catch (IOException e) {
            problems.add(
                    reader.line("host"),
                    reader.at("host"),
                    "the list of public suffixes cannot be read: " + e.getMessage() + " (expected: no pattern)");
            return null;
        }
    }
}
