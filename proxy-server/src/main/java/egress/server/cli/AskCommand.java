package egress.server.cli;

import egress.http.Printable;
import egress.server.ask.Answer;
import egress.server.ask.AnswerFile;
import egress.server.ask.OperatorQueue;
import egress.server.ask.QuestionFile;
import egress.server.ask.QuestionText;
import egress.server.evidence.GrantPatch;
import egress.server.evidence.RoutesPatch;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code egress-proxy ask}: an operator's side of questions. */
@Command(
        name = "ask",
        description = "See and answer what agents ask for, in the --ask-queue of a gate (docs/ask.md).",
        mixinStandardHelpOptions = true)
final class AskCommand implements Callable<Integer> {
    @Spec
    @Nullable
    CommandSpec spec;

    private AskCommand() {}

    static CommandLine of(Map<String, String> environment) {
        CommandLine ask = new CommandLine(new AskCommand());
        ask.addSubcommand(new Ls(environment));
        ask.addSubcommand(new Show(environment));
        ask.addSubcommand(new Allow(environment));
        ask.addSubcommand(new Deny(environment));
        ask.addSubcommand(new Watch(environment));
        ask.addSubcommand(new Export(environment));
        return ask;
    }

    @Override
    public Integer call() {
        throw new ParameterException(
                Commands.required(spec).commandLine(),
                "ask: what is to be done? (expected: ls, show, allow, deny, watch or export)");
    }

    /** What all of them share. */
    abstract static class OfQueue implements Callable<Integer> {
        @Spec
        @Nullable
        CommandSpec spec;

        @Option(
                names = "--ask-queue",
                paramLabel = "DIR",
                description = "The queue of the gate. Default: the variable SUPERVISE_QUEUE_DIR")
        @Nullable
        Path queue;

        private final Map<String, String> environment;

        OfQueue(Map<String, String> environment) {
            this.environment = environment;
        }

        abstract int run(OperatorQueue questions, PrintWriter out) throws IOException;

        @Override
        public Integer call() {
            CommandLine line = Commands.required(spec).commandLine();
            Path directory = Optional.ofNullable(queue)
                    .or(() -> AskOptions.queueOf(environment))
                    .orElseThrow(() -> new ParameterException(
                            line, "--ask-queue: not given (expected: the one of the gate, or SUPERVISE_QUEUE_DIR)"));
            try {
                return run(new OperatorQueue(directory), line.getOut());
            } catch (IOException | IllegalArgumentException e) {
                line.getErr().println("egress: " + Printable.line(String.valueOf(e.getMessage())));
                line.getErr().flush();
                return 1;
            } finally {
                line.getOut().flush();
            }
        }

        ParameterException wrong(String words) {
            return new ParameterException(Commands.required(spec).commandLine(), words);
        }
    }

    /** What those share that are about one question. */
    abstract static class OfQuestion extends OfQueue {
        @Parameters(paramLabel = "ID", description = "its id, or how that begins")
        @SuppressWarnings("NullAway.Init")
        private String id;

        OfQuestion(Map<String, String> environment) {
            super(environment);
        }

        abstract void run(OperatorQueue questions, QuestionFile.Read question, PrintWriter out) throws IOException;

        @Override
        final int run(OperatorQueue questions, PrintWriter out) throws IOException {
            check();
            run(questions, questions.question(id), out);
            return 0;
        }

        /** Whether the flags go together. */
        void check() {}

        /** Answers it, and says so. */
        final void answer(
                OperatorQueue questions, QuestionFile.Read question, Answer answer, String done, PrintWriter out)
                throws IOException {
            questions.answer(question, answer);
            out.println(done + ": " + QuestionText.line(question.question(), Instant.now()));
        }
    }

    /** {@code ask ls}. */
    @Command(name = "ls", description = "List what waits for an answer.", mixinStandardHelpOptions = true)
    static final class Ls extends OfQueue {
        Ls(Map<String, String> environment) {
            super(environment);
        }

        @Override
        int run(OperatorQueue questions, PrintWriter out) throws IOException {
            List<QuestionFile.Read> all = questions.questions();
            all.forEach(each -> out.println(QuestionText.line(each.question(), Instant.now())));
            if (all.isEmpty()) {
                out.println("no question waits");
            }
            return 0;
        }
    }

    /** {@code ask show}. */
    @Command(name = "show", description = "Show a question whole.", mixinStandardHelpOptions = true)
    static final class Show extends OfQuestion {
        Show(Map<String, String> environment) {
            super(environment);
        }

        @Override
        void run(OperatorQueue questions, QuestionFile.Read question, PrintWriter out) {
            QuestionText.lines(question.question(), Instant.now()).forEach(out::println);
        }
    }

    /** {@code ask allow}. */
    @Command(
            name = "allow",
            description = "Let it pass: once without a flag. Nothing is written to the routes file.",
            mixinStandardHelpOptions = true)
    static final class Allow extends OfQuestion {
        @Option(names = "--once", description = "One request: the default.")
        private boolean once;

        @Option(names = "--for", paramLabel = "TIME", description = "For so long, at most 168h.")
        private @Nullable String span;

        @Option(names = "--until-exit", description = "For as long as the gate runs.")
        private boolean untilExit;

        @Option(
                names = "--path-prefix",
                paramLabel = "/PATH",
                description = "Everything below that path too; by whole segments.")
        private @Nullable String prefix;

        Allow(Map<String, String> environment) {
            super(environment);
        }

        @Override
        void check() {
            if ((once ? 1 : 0) + (span == null ? 0 : 1) + (untilExit ? 1 : 0) > 1) {
                throw wrong("ask allow: more than one of --once, --for and --until-exit (expected: one)");
            }
            if (prefix != null && !prefix.startsWith("/")) {
                throw wrong("--path-prefix: \"" + prefix + "\" (expected: it begins with a slash)");
            }
            if (span != null) {
                span(span);
            }
        }

        @Override
        void run(OperatorQueue questions, QuestionFile.Read question, PrintWriter out) throws IOException {
            Optional<String> below = Optional.ofNullable(prefix);
            Answer answer;
            if (span != null) {
                answer = new Answer.AllowFor(span(span), below);
            } else {
                answer = untilExit ? new Answer.AllowUntilExit(below) : new Answer.AllowOnce(below);
            }
            answer(questions, question, answer, "allowed", out);
        }

        private Duration span(String text) {
            try {
                return AnswerFile.span(text);
            } catch (IOException e) {
                throw wrong("--for: \"" + text + "\" (expected: such as 30s, 10m or 1h, at most 168h)");
            }
        }
    }

    /** {@code ask deny}. */
    @Command(
            name = "deny",
            description = "Say no; the same is not asked again for 10 minutes.",
            mixinStandardHelpOptions = true)
    static final class Deny extends OfQuestion {
        @Option(names = "--why", paramLabel = "WORDS", description = "The reason that the agent gets.")
        private String why = "";

        Deny(Map<String, String> environment) {
            super(environment);
        }

        @Override
        void run(OperatorQueue questions, QuestionFile.Read question, PrintWriter out) throws IOException {
            answer(questions, question, new Answer.Deny(why), "denied", out);
        }
    }

    /** {@code ask watch}. */
    @Command(
            name = "watch",
            description = "List what waits, live, and answer by one key.",
            mixinStandardHelpOptions = true)
    static final class Watch extends OfQueue {
        Watch(Map<String, String> environment) {
            super(environment);
        }

        @Override
        int run(OperatorQueue questions, PrintWriter out) throws IOException {
            questions.questions(); // said at once where there is no queue
            try (TerminalKeys keys = TerminalKeys.open()) {
                new AskWatch(questions, keys, out).run();
            }
            return 0;
        }
    }

    /** {@code ask export}. */
    @Command(
            name = "export",
            description = {
                "Print what is granted now as a patch to a routes file, for patch(1) or git apply.",
                "What no such lines say (once, a value, a pattern's name, a secret) is listed on standard error."
            },
            mixinStandardHelpOptions = true,
            exitCodeListHeading = "%nExit codes:%n",
            exitCodeList = {"0:all of it is in the patch", "1:not all of it, or a file cannot be read", "2:wrong usage"
            })
    static final class Export extends OfQueue {
        @Option(names = "--routes", required = true, paramLabel = "FILE", description = "the routes file of the gate")
        @SuppressWarnings("NullAway.Init")
        private Path routes;

        Export(Map<String, String> environment) {
            super(environment);
        }

        @Override
        int run(OperatorQueue questions, PrintWriter out) throws IOException {
            RoutesPatch.Result patch = GrantPatch.of(
                    routes.toString(), Files.readString(routes, StandardCharsets.UTF_8), questions.granted());
            patch.diff().forEach(out::println);
            PrintWriter err = Commands.required(spec).commandLine().getErr();
            if (!patch.diff().isEmpty()) {
                err.println("egress: a grant is one caller's, and ends; what the patch puts in holds for every caller,"
                        + " for good");
            }
            patch.remarks().forEach(remark -> err.println("egress: " + Printable.line(remark)));
            err.flush();
            return patch.remarks().isEmpty() ? 0 : 1;
        }
    }
}
