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
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
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
        mixinStandardHelpOptions = true,
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

    /** What is in it is as secret as what it is made of: made, like that, for its owner alone. */
    private static OutputStream open(Path file) throws IOException {
        boolean posix = file.getFileSystem().supportedFileAttributeViews().contains("posix");
        Set<StandardOpenOption> options =
                Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING);
        return Channels.newOutputStream(
                posix
                        ? Files.newByteChannel(
                                file,
                                options,
                                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))
                        : Files.newByteChannel(file, options));
    }

    @Override
    public Integer call() throws IOException {
        try (FlowReader flows = FlowReader.read(files);
                OutputStream to = new BufferedOutputStream(
                        output == null ? new FileOutputStream(FileDescriptor.out) : open(output))) {
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
