package egress.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Holds one result of JMH against another ({@code -rf json -prof gc}, or {@code -prof perfnorm} where the machine counts instructions) by
 * what does not depend on what else the machine does: bytes allocated and instructions, for each operation. Times are shown, and judge
 * nothing. {@code java -cp benchmarks.jar egress.bench.Compare BASELINE.json NEW.json}; exits with 1 where something got worse.
 */
public final class Compare {
    /** More than so much, and than so many bytes or instructions, is worse. */
    private static final double TOLERANCE = 0.05;

    private static final double LEAST = 64;

    /** What JMH calls a figure that judges. */
    private static final Map<String, String> JUDGED = Map.of(
            "gc.alloc.rate.norm", "B/op",
            "instructions", "instructions/op",
            "instructions:u", "instructions/op");

    private Compare() {}

    /** A figure of a benchmark. */
    private record Figure(double score, String unit) {}

    public static void main(String[] arguments) throws IOException {
        if (arguments.length != 2) {
            System.err.println("usage: java -cp benchmarks.jar egress.bench.Compare BASELINE.json NEW.json");
            System.exit(2);
        }
        Map<String, Map<String, Figure>> before = read(Path.of(arguments[0]));
        Map<String, Map<String, Figure>> after = read(Path.of(arguments[1]));
        int worse = 0;
        int compared = 0;
        for (Map.Entry<String, Map<String, Figure>> each : after.entrySet()) {
            Map<String, Figure> old = before.get(each.getKey());
            if (old == null) {
                System.out.println("new      " + each.getKey());
                continue;
            }
            for (Map.Entry<String, Figure> figure : each.getValue().entrySet()) {
                Figure was = old.get(figure.getKey());
                if (was != null) {
                    boolean judges = JUDGED.containsKey(figure.getKey());
                    boolean isWorse =
                            judges && isWorse(was.score(), figure.getValue().score());
                    compared += judges ? 1 : 0;
                    worse += isWorse ? 1 : 0;
                    System.out.println(line(isWorse, judges, each.getKey(), was, figure.getValue()));
                }
            }
        }
        System.out.println(worse + " of " + compared + " figures worse by more than 5%");
        if (compared == 0) {
            System.err.println(
                    "egress: nothing to compare (expected: two results of -rf json -prof gc with benchmarks in common)");
        }
        System.exit(worse > 0 || compared == 0 ? 1 : 0);
    }

    private static boolean isWorse(double before, double after) {
        return after > before * (1 + TOLERANCE) && after - before > LEAST;
    }

    private static String line(boolean worse, boolean judges, String name, Figure before, Figure after) {
        return String.format(
                Locale.ROOT,
                "%-8s %s: %.1f -> %.1f %s (%+.1f%%)",
                worse ? "WORSE" : judges ? "ok" : "shown",
                name,
                before.score(),
                after.score(),
                after.unit(),
                before.score() == 0 ? 0 : (after.score() / before.score() - 1) * 100);
    }

    private static Map<String, Map<String, Figure>> read(Path file) throws IOException {
        Map<String, Map<String, Figure>> out = new LinkedHashMap<>();
        for (JsonNode result : new ObjectMapper().readTree(file.toFile())) {
            Map<String, Figure> figures = new LinkedHashMap<>();
            add(figures, "score", result.get("primaryMetric"));
            JsonNode others = result.path("secondaryMetrics");
            for (String name : JUDGED.keySet().stream().sorted().toList()) {
                add(figures, name, others.get(name));
            }
            out.put(name(result), figures);
        }
        return out;
    }

    private static void add(Map<String, Figure> to, String name, @Nullable JsonNode metric) {
        if (metric != null) {
            to.put(
                    name,
                    new Figure(
                            metric.path("score").asDouble(),
                            metric.path("scoreUnit").asText()));
        }
    }

    private static String name(JsonNode result) {
        String benchmark = result.path("benchmark").asText();
        List<String> parameters = new ArrayList<>();
        result.path("params")
                .properties()
                .forEach(each ->
                        parameters.add(each.getKey() + "=" + each.getValue().asText()));
        return benchmark.substring(benchmark.indexOf("bench.") + 6)
                + (parameters.isEmpty() ? "" : " " + String.join(" ", parameters));
    }
}
