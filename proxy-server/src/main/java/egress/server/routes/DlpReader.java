package egress.server.routes;

import egress.dlp.Detector;
import egress.dlp.Profile;
import egress.http.Printable;
import egress.policy.DlpRules;
import egress.policy.DlpRules.Detectors;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** The {@code dlp:} of a route. */
final class DlpReader {
    private static final List<String> KEYS = List.of(
            "outbound_detectors",
            "inbound_detectors",
            "outbound_on_match",
            "on_oversize",
            "stream",
            "profile",
            "allow_fingerprints",
            "names");

    /** More new names in 10 minutes are as good as no bound. */
    private static final int MOST_NAMES = 4_096;

    private final Problems problems;

    DlpReader(Problems problems) {
        this.problems = problems;
    }

    /** @param pattern whether the route is one */
    DlpRules read(MappingReader route, boolean pattern) {
        YamlNode node = route.value("dlp");
        if (node == null) {
            return DlpRules.DEFAULT;
        }
        MappingReader dlp = new MappingReader(node, route.at("dlp"), problems, KEYS);
        return new DlpRules(
                detectors(dlp, "outbound_detectors", Detector.Direction.OUTBOUND),
                detectors(dlp, "inbound_detectors", Detector.Direction.INBOUND),
                onMatch(dlp),
                onOversize(dlp),
                dlp.bool("stream", false),
                profile(dlp),
                fingerprints(dlp),
                names(dlp, pattern));
    }

    private static int names(MappingReader dlp, boolean pattern) {
        if (dlp.has("names") && !pattern) {
            dlp.problem("names", "only a pattern lets a caller choose names (expected: no such key here)");
        }
        return dlp.number("names", 1, MOST_NAMES).orElse(DlpRules.NAMES);
    }

    private Detectors detectors(MappingReader dlp, String key, Detector.Direction direction) {
        YamlNode value = dlp.value(key);
        if (value == null) {
            return new Detectors.Standard();
        }
        if (value instanceof YamlNode.Scalar scalar) {
            if (scalar.plain() && scalar.text().toLowerCase(Locale.ROOT).equals("false")) {
                return new Detectors.Off();
            }
            problems.add(value, dlp.at(key), "a list of detectors, or false");
            return new Detectors.Standard();
        }
        List<String> known =
                Detector.of(direction).stream().map(Detector::label).toList();
        Set<String> named = new LinkedHashSet<>();
        for (MappingReader.Placed each : dlp.strings(key)) {
            if (known.contains(each.text())) {
                named.add(each.text());
            } else {
                problems.add(each.node(), each.path(), String.join(", ", known));
            }
        }
        return new Detectors.Only(named);
    }

    private DlpRules.OnMatch onMatch(MappingReader dlp) {
        Optional<String> value = dlp.string("outbound_on_match");
        if (value.isEmpty()) {
            return DlpRules.OnMatch.BLOCK;
        }
        return switch (value.get()) {
            case "block" -> DlpRules.OnMatch.BLOCK;
            case "redact" -> DlpRules.OnMatch.REDACT;
            case "supervise" -> DlpRules.OnMatch.SUPERVISE;
            default -> {
                dlp.problem(
                        "outbound_on_match", Printable.quote(value.get()) + " (expected: block, redact or supervise)");
                yield DlpRules.OnMatch.BLOCK;
            }
        };
    }

    private Optional<String> profile(MappingReader dlp) {
        List<String> known = Arrays.stream(Profile.values()).map(Profile::label).toList();
        Optional<String> value = dlp.string("profile");
        if (value.isPresent() && !known.contains(value.get())) {
            dlp.problem("profile", Printable.quote(value.get()) + " (expected: strict, balanced or quiet)");
            return Optional.empty();
        }
        return value;
    }

    private DlpRules.OnOversize onOversize(MappingReader dlp) {
        Optional<String> value = dlp.string("on_oversize");
        if (value.isEmpty()) {
            return DlpRules.OnOversize.DENY;
        }
        return switch (value.get()) {
            case "deny" -> DlpRules.OnOversize.DENY;
            case "noscan" -> DlpRules.OnOversize.NOSCAN;
            default -> {
                dlp.problem("on_oversize", Printable.quote(value.get()) + " (expected: deny or noscan)");
                yield DlpRules.OnOversize.DENY;
            }
        };
    }

    private Set<String> fingerprints(MappingReader dlp) {
        Set<String> fingerprints = new LinkedHashSet<>();
        for (MappingReader.Placed each : dlp.strings("allow_fingerprints")) {
            if (each.text().matches("fp:[0-9a-f]{16}")) {
                fingerprints.add(each.text());
            } else {
                // Not shown: it may be the value itself by mistake.
                problems.add(
                        each.node().line(), each.path(), "no fingerprint (expected: fp: and 16 hexadecimal digits)");
            }
        }
        return fingerprints;
    }
}
