package egress.server.cli;

import egress.server.flows.FlowReader;
import egress.server.flows.HarWriter;
import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code egress-proxy har FLOWS.jsonl}: a flow log for a browser's network panel. */
@Command(
        name = "har",
        description = "Write flow logs (--flows) as one HTTP archive (HAR 1.2), to standard output.",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:every line was a flow", "1:some were not, and are left out; or a file cannot be read"})
final class HarCommand implements Callable<Integer> {
    @Parameters(paramLabel = "FLOWS.jsonl", arity = "1..*", description = "flow logs, the oldest first")
    private Path[] files = {};

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE",
            description = "Write to this file instead.")
    private @Nullable Path output;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        try (FlowReader flows = FlowReader.read(files);
                OutputStream to = new BufferedOutputStream(
                        output == null ? new FileOutputStream(FileDescriptor.out) : Files.newOutputStream(output))) {
            new HarWriter(Version.number()).write(flows.iterator(), to);
            to.flush();
            if (flows.problems() > 0) {
                PrintWriter err = spec.commandLine().getErr();
                err.println(
                        "egress: " + flows.problems() + " line(s) are no flows; the first is " + flows.firstProblem());
                err.flush();
            }
            return flows.problems() == 0 ? 0 : 1;
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }
}
