package egress.abuse;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import egress.abuse.AbuseList.Group;
import egress.testkit.scorecard.Scorecard;
import egress.testkit.scorecard.Scorecard.Entry;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Adds up what the tests of this build have left, writes the scorecard and prints its totals. Runs after all of them. */
final class ScorecardIT {
    /** The properties by which Maven is told to run some of the tests. */
    private static final List<String> SELECTIONS =
            List.of("test", "it.test", "groups", "excludedGroups", "surefire.includes", "surefire.excludes");

    private record Totals(long tried, long stopped, long through, long bad) {
        static Totals of(List<Entry> entries) {
            return new Totals(
                    entries.size(),
                    entries.stream().filter(e -> e.stops() && e.good()).count(),
                    entries.stream().filter(e -> !e.stops() && e.good()).count(),
                    entries.stream().filter(e -> !e.good()).count());
        }

        String cells() {
            return tried + " | " + stopped + " | " + through + " | " + bad;
        }
    }

    @Test
    void everyRowOfTheListHasCasesAndAllCameOutAsTheyShould() throws IOException {
        List<Entry> all = read();
        String table = table(all);
        Files.writeString(Path.of("target", "scorecard.md"), table);
        new ObjectMapper()
                .writerWithDefaultPrettyPrinter()
                .writeValue(Path.of("target", "scorecard.json").toFile(), all);
        System.out.println(summary(all));

        assertThat(faults(all, SELECTIONS.stream().allMatch(name -> System.getProperty(name) == null)))
                .isEmpty();
    }

    /**
     * What is wrong with a build's entries.
     *
     * @param whole whether all tests ran: then each row and each class must have left something
     */
    static List<String> faults(List<Entry> all, boolean whole) {
        List<String> faults = new ArrayList<>();
        if (whole) {
            IntStream.rangeClosed(1, AbuseList.SIZE)
                    .filter(row -> all.stream().noneMatch(entry -> entry.row() == row))
                    .forEach(row -> faults.add("row " + row + " has no case"));
            AbuseList.TEST_CLASSES.stream()
                    .filter(each ->
                            all.stream().noneMatch(entry -> entry.testClass().equals(each.getName())))
                    .forEach(each -> faults.add(each.getSimpleName() + " left nothing"));
        }
        all.stream().filter(entry -> !entry.good()).forEach(entry -> faults.add(entry.toString()));
        return faults;
    }

    /** Those of all modules. */
    private static List<Entry> read() throws IOException {
        List<Entry> all = new ArrayList<>();
        ObjectMapper mapper = new ObjectMapper();
        try (DirectoryStream<Path> modules = Files.newDirectoryStream(Path.of(".."), Files::isDirectory)) {
            for (Path module : modules) {
                Path left = module.resolve(Scorecard.DIRECTORY);
                if (Files.isDirectory(left)) {
                    try (DirectoryStream<Path> files = Files.newDirectoryStream(left, "*.json")) {
                        for (Path file : files) {
                            all.addAll(List.of(mapper.readValue(file.toFile(), Entry[].class)));
                        }
                    }
                }
            }
        }
        all.sort(Comparator.comparingInt(Entry::row).thenComparing(Entry::id));
        return all;
    }

    private static String summary(List<Entry> all) {
        Totals totals = Totals.of(all);
        return "scorecard: " + totals.tried() + " cases tried, " + totals.stopped() + " stopped as they should be, "
                + totals.through() + " let through as they should be, " + totals.bad() + " not as they should be";
    }

    private static String table(List<Entry> all) {
        StringBuilder out =
                new StringBuilder("# Scorecard\n\n").append(summary(all)).append("\n\n");
        out.append("| row | about | tried | stopped | let through | wrong |\n|---|---|---|---|---|---|\n");
        for (int row = 1; row <= AbuseList.SIZE; row++) {
            int which = row;
            Totals totals =
                    Totals.of(all.stream().filter(entry -> entry.row() == which).toList());
            out.append("| " + row + " | " + AbuseList.TITLES.get(row - 1) + " | " + totals.cells() + " |\n");
        }
        Map<Group, List<Entry>> groups = new LinkedHashMap<>();
        all.forEach(entry -> groups.computeIfAbsent(Group.of(entry.row()), _ -> new ArrayList<>())
                .add(entry));
        groups.forEach((group, entries) -> {
            out.append("\n## " + group.title + "\n\n| id | leg | tried | expected | got |\n|---|---|---|---|---|\n");
            entries.forEach(entry -> out.append("| " + entry.id() + " | " + entry.leg() + " | " + cell(entry.title())
                    + " | " + cell(entry.expected()) + " | " + cell(entry.got()) + " |\n"));
        });
        return out.toString();
    }

    private static String cell(String text) {
        String line = text.replaceAll("[\\r\\n]+", " ").replace("|", "\\|");
        return line.length() <= 160 ? line : line.substring(0, 157) + "...";
    }
}
