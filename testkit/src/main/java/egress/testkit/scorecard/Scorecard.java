package egress.testkit.scorecard;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the cases of one class came to; written beside those of the other classes when the class ends. */
public final class Scorecard {
    /** Where each class of a module leaves its entries, from the module's directory: a directory for each build. */
    public static final Path DIRECTORY = Path.of("target", "scorecard", System.getProperty("egress.build", "no-build"));

    /**
     * One case that was tried.
     *
     * @param stops whether it had to be stopped
     * @param good whether it came out as it should
     */
    public record Entry(
            String id,
            String title,
            String leg,
            boolean stops,
            String expected,
            String got,
            boolean good,
            String testClass) {
        /** The number of its row. */
        public int row() {
            return Integer.parseInt(id.substring(0, id.indexOf('.')));
        }
    }

    private final String testClass;
    /** Of tests that may run at the same time. */
    private final List<Entry> entries = Collections.synchronizedList(new ArrayList<>());

    Scorecard(String testClass) {
        this.testClass = testClass;
    }

    /** Tries a case, notes what came of it, and fails where that is not what must come of it. */
    public void verify(Case each) {
        String got;
        Throwable failure = null;
        try {
            got = each.probe().attempt();
        } catch (Exception | AssertionError e) {
            failure = e;
            got = e.toString();
        }
        boolean good = failure == null && each.expected().holds(got);
        String expected = String.join(" or ", each.expected().outcomes());
        entries.add(new Entry(
                each.id(), each.title(), each.leg(), each.expected().stops(), expected, got, good, testClass));
        if (!good) {
            throw new AssertionError(each + ": " + got + " (expected: " + expected + ")", failure);
        }
    }

    /** Notes one invocation of a test that is a case by itself. */
    void note(Row row, String title, @Nullable Throwable failure) {
        String expected = row.allowed() ? "goes through" : "stopped";
        String got = failure == null ? expected : String.valueOf(failure.getMessage());
        entries.add(new Entry(row.value(), title, "gate", !row.allowed(), expected, got, failure == null, testClass));
    }

    void write() throws IOException {
        if (!entries.isEmpty()) {
            Files.createDirectories(DIRECTORY);
            new ObjectMapper()
                    .writerWithDefaultPrettyPrinter()
                    .writeValue(DIRECTORY.resolve(testClass + ".json").toFile(), entries);
        }
    }
}
