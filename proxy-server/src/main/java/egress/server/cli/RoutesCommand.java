package egress.server.cli;

import egress.policy.Policy;
import egress.server.evidence.EvidenceFiles;
import egress.server.evidence.Replay;
import egress.server.evidence.RoutesDiff;
import egress.server.evidence.RoutesPatch;
import egress.server.evidence.Suggestions;
import egress.server.evidence.Unused;
import egress.server.flows.Flow;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code egress-proxy routes}: policy from what flow logs hold, judged by the gate's own matcher. */
@Command(
        name = "routes",
        description = "Suggest, compare and try routes files by what flow logs (--flows) hold.",
        subcommands = {
            RoutesCommand.Suggest.class,
            RoutesCommand.Diff.class,
            RoutesCommand.ReplayFlows.class,
            RoutesCommand.UnusedRules.class
        },
        mixinStandardHelpOptions = true)
final class RoutesCommand implements Callable<Integer> {
    private static final String FLOWS = "flow logs, the oldest first";

    @Spec
    @Nullable
    CommandSpec spec;

    @Override
    public Integer call() {
        throw new ParameterException(
                Commands.required(spec).commandLine(),
                "routes: what is to be done? (expected: suggest, diff, replay or unused)");
    }

    private static void print(CommandSpec spec, List<String> lines) {
        PrintWriter out = spec.commandLine().getOut();
        lines.forEach(out::println);
        out.flush();
    }

    private static void say(CommandSpec spec, String words) {
        PrintWriter err = spec.commandLine().getErr();
        err.println("egress: " + words);
        err.flush();
    }

    /** What is wrong with a routes file, a line each; the exit status. */
    private static int fail(CommandSpec spec, IllegalArgumentException e) {
        PrintWriter err = spec.commandLine().getErr();
        String.valueOf(e.getMessage()).lines().forEach(err::println);
        err.flush();
        return 1;
    }

    /** Says which lines were left out; whether there were none. */
    private static boolean whole(CommandSpec spec, EvidenceFiles.Read read) {
        if (read.problems() > 0) {
            say(spec, read.problems() + " line(s) are no flows and are left out; the first is " + read.firstProblem());
        }
        return read.problems() == 0;
    }

    /** {@code routes suggest}. */
    @Command(
            name = "suggest",
            description = {
                "Write the least-privilege routes file that lets through what flow logs hold, to standard output.",
                "What was seen once or denied stands commented out. Standard error has what it makes of the same logs."
            },
            mixinStandardHelpOptions = true,
            exitCodeListHeading = "%nExit codes:%n",
            exitCodeList = {"0:written", "1:a file cannot be read, or not all of it", "2:wrong usage"})
    static final class Suggest implements Callable<Integer> {
        @Parameters(paramLabel = "FLOWS.jsonl", arity = "1..*", description = FLOWS)
        private Path[] files = {};

        @Option(
                names = "--from",
                paramLabel = "FILE",
                description =
                        "Write a patch (unified diff) to this routes file instead: what it lacks, and matches for what it does not narrow.")
        private @Nullable Path from;

        @Option(
                names = "--keep-once",
                description = "Let stand what was seen once, as for the record of one run that is to be run again.")
        private boolean keepOnce;

        @Option(
                names = "--distinct",
                paramLabel = "N",
                defaultValue = "3",
                description = "How many values that are alike make a place of a path free. Default: ${DEFAULT-VALUE}")
        private int distinct = 3;

        @Spec
        @SuppressWarnings("NullAway.Init")
        private CommandSpec spec;

        @Override
        public Integer call() throws IOException {
            if (distinct < 2) {
                throw new ParameterException(spec.commandLine(), "--distinct: " + distinct + " (expected: at least 2)");
            }
            Suggestions.Options options = new Suggestions.Options(distinct, keepOnce ? 1 : 2);
            Path file = from;
            try {
                return file == null ? whole(options) : patch(file, options);
            } catch (IllegalArgumentException e) {
                return fail(spec, e);
            }
        }

        private int whole(Suggestions.Options options) throws IOException {
            Suggestions suggestions = new Suggestions(options);
            EvidenceFiles.Read read = EvidenceFiles.each(files, suggestions::add);
            String yaml = suggestions.yaml();
            print(spec, List.of(yaml.stripTrailing()));
            tried(EvidenceFiles.parse("the suggested file", yaml));
            return RoutesCommand.whole(spec, read) ? 0 : 1;
        }

        private int patch(Path file, Suggestions.Options options) throws IOException {
            RoutesPatch patch = new RoutesPatch(file.toString(), text(file), options);
            EvidenceFiles.Read read = EvidenceFiles.each(files, patch::add);
            RoutesPatch.Result result = patch.result();
            print(spec, result.diff());
            result.remarks().forEach(remark -> say(spec, remark));
            if (result.diff().isEmpty()) {
                say(spec, "nothing is missing in " + file);
            }
            tried(EvidenceFiles.parse(file + " with the patch", result.text()));
            return RoutesCommand.whole(spec, read) ? 0 : 1;
        }

        private static String text(Path file) throws IOException {
            try {
                return Files.readString(file, StandardCharsets.UTF_8);
            } catch (IOException e) {
                throw new IOException(file + ": cannot be read (expected: a routes file in UTF-8)", e);
            }
        }

        /** Says what the file makes of the same logs. */
        private void tried(Policy policy) throws IOException {
            Replay replay = new Replay(policy);
            EvidenceFiles.each(files, replay::add);
            long pass = replay.judged() - replay.closed() - replay.undecidable();
            say(
                    spec,
                    "of " + replay.judged() + " exchange(s), " + pass + " are decided as they were, " + replay.closed()
                            + " would be denied"
                            + (keepOnce || replay.closed() == 0 ? "" : " (seen once: --keep-once lets them stand)")
                            + (replay.opened() == 0 ? "" : ", " + replay.opened() + " of the denied would pass")
                            + (replay.undecidable() == 0
                                    ? ""
                                    : ", " + replay.undecidable()
                                            + " are undecidable, for what was masked or not kept"));
        }
    }

    /** {@code routes diff}. */
    @Command(
            name = "diff",
            description = "Say what a change of a routes file opens and closes, each with a request that flips.",
            mixinStandardHelpOptions = true,
            exitCodeListHeading = "%nExit codes:%n",
            exitCodeList = {"0:nothing opens", "1:something opens, or a file does not hold", "2:wrong usage"})
    static final class Diff implements Callable<Integer> {
        @Parameters(index = "0", paramLabel = "OLD", description = "the routes file before the change")
        @SuppressWarnings("NullAway.Init")
        private Path old;

        @Parameters(index = "1", paramLabel = "NEW", description = "and after it")
        @SuppressWarnings("NullAway.Init")
        private Path changed;

        @Option(names = "--allow-opening", description = "Exit with 0 all the same.")
        private boolean allowOpening;

        @Spec
        @SuppressWarnings("NullAway.Init")
        private CommandSpec spec;

        @Override
        public Integer call() {
            try {
                RoutesDiff diff = RoutesDiff.of(EvidenceFiles.policy(old), EvidenceFiles.policy(changed));
                print(spec, diff.lines());
                return diff.opens() && !allowOpening ? 1 : 0;
            } catch (IllegalArgumentException e) {
                return fail(spec, e);
            }
        }
    }

    /** What those share that judge flow logs by a routes file. */
    abstract static class OfRoutesAndFlows implements Callable<Integer> {
        @Option(names = "--routes", required = true, paramLabel = "FILE", description = "the routes file")
        @SuppressWarnings("NullAway.Init")
        private Path routes;

        @Parameters(paramLabel = "FLOWS.jsonl", arity = "1..*", description = FLOWS)
        private Path[] files = {};

        @Spec
        @SuppressWarnings("NullAway.Init")
        private CommandSpec spec;

        /** The exit status. */
        abstract int judge(Policy policy) throws IOException;

        @Override
        public final Integer call() throws IOException {
            try {
                return judge(EvidenceFiles.policy(routes));
            } catch (IllegalArgumentException e) {
                return fail(spec, e);
            }
        }

        /** Reads the logs, prints the lines that come of it, and says which were left out; whether there were none. */
        final boolean read(Consumer<Flow> flow, Supplier<List<String>> lines) throws IOException {
            EvidenceFiles.Read read = EvidenceFiles.each(files, flow);
            print(spec, lines.get());
            return whole(spec, read);
        }
    }

    /** {@code routes replay}. */
    @Command(
            name = "replay",
            description =
                    "Judge the exchanges of flow logs by a routes file, and say which would be decided otherwise.",
            mixinStandardHelpOptions = true,
            exitCodeListHeading = "%nExit codes:%n",
            exitCodeList = {
                "0:all are decided as they were",
                "1:some flip, or a file cannot be read",
                "2:wrong usage",
                "3:none flips, but some are undecidable"
            })
    static final class ReplayFlows extends OfRoutesAndFlows {
        @Override
        int judge(Policy policy) throws IOException {
            Replay replay = new Replay(policy);
            boolean all = read(replay::add, replay::lines);
            return replay.status() == Replay.SAME && !all ? Replay.UNDECIDABLE : replay.status();
        }
    }

    /** {@code routes unused}. */
    @Command(
            name = "unused",
            description = "Say which rules of a routes file no exchange of flow logs needed.",
            mixinStandardHelpOptions = true,
            exitCodeListHeading = "%nExit codes:%n",
            exitCodeList = {"0:every rule was needed", "1:some were not, or a file cannot be read", "2:wrong usage"})
    static final class UnusedRules extends OfRoutesAndFlows {
        @Override
        int judge(Policy policy) throws IOException {
            Unused unused = new Unused(policy);
            return read(unused::add, unused::lines) && unused.unused().isEmpty() ? 0 : 1;
        }
    }
}
