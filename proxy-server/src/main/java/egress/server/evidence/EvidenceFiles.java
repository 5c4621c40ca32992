package egress.server.evidence;

import egress.policy.Policy;
import egress.server.flows.Flow;
import egress.server.flows.FlowReader;
import egress.server.routes.RoutesFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Reads what commands are given: flow logs, and routes files without their tokens. */
public final class EvidenceFiles {
    private EvidenceFiles() {}

    /**
     * What became of reading flow logs.
     *
     * @param problems lines that are no flows
     * @param firstProblem where the first of them is, and what is wrong with it
     */
    public record Read(long problems, @Nullable String firstProblem) {}

    /** Hands over each flow of these logs, one after the other. */
    public static Read each(Path[] files, Consumer<Flow> to) throws IOException {
        try (FlowReader flows = FlowReader.read(files)) {
            flows.forEach(to);
            return new Read(flows.problems(), flows.firstProblem());
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /** @throws IllegalArgumentException with its mistakes, a line each */
    public static Policy policy(Path file) {
        return valid(Placeholders.load(file));
    }

    /** @throws IllegalArgumentException with its mistakes, a line each */
    public static Policy parse(String name, String yaml) {
        return valid(Placeholders.parse(name, yaml.getBytes(StandardCharsets.UTF_8)));
    }

    private static Policy valid(RoutesFile.Result result) {
        return switch (result) {
            case RoutesFile.Result.Valid valid -> valid.loaded().policy();
            case RoutesFile.Result.Invalid invalid ->
                throw new IllegalArgumentException(String.join("\n", invalid.errors()));
        };
    }
}
