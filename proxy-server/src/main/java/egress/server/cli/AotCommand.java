package egress.server.cli;

import egress.server.aot.AotCache;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code egress-proxy aot}: has the JVM learn this jar under load, so that the next start is quick and its first exchanges too. */
@Command(
        name = "aot",
        description = {
            "Make the AOT cache of this jar: a gate under load on loopback teaches the JVM what it needs.",
            "The next start takes half the time, and the first seconds are several times as fast. The launcher of a checkout takes the"
                    + " cache by itself; for java -jar the command to use is printed. Another jar or JDK needs a cache of its own."
        },
        mixinStandardHelpOptions = true)
final class AotCommand implements Callable<Integer> {
    private static final long MEBIBYTE = 1 << 20;

    @Spec
    @Nullable
    CommandSpec spec;

    @Option(
            names = "--out",
            paramLabel = "FILE",
            description = "Where to. Default: beside the jar, under a name that no other jar or JDK has")
    @Nullable
    Path out;

    @Option(
            names = "--training",
            paramLabel = "TIME",
            defaultValue = "15s",
            description = "How long the gate is under load. Default: ${DEFAULT-VALUE}")
    Duration training = Duration.ofSeconds(15);

    @Override
    public Integer call() throws InterruptedException {
        CommandSpec command = Commands.required(spec);
        if (training.isNegative() || training.toMinutes() >= 60) {
            throw new ParameterException(
                    command.commandLine(), "--training: " + OptionTypes.text(training) + " (expected: less than 60m)");
        }
        List<String> options = ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(option -> !option.startsWith("-XX:AOT"))
                .toList();
        try {
            AotCache cache = new AotCache(jar(), Path.of(System.getProperty("java.home")));
            Path file = out == null ? cache.standardFile() : out;
            cache.make(file, options, training);
            if (out == null) {
                cache.removeOthers(file);
            }
            command.commandLine()
                    .getOut()
                    .println("made " + file + " (" + Files.size(file) / MEBIBYTE + " MiB), for:\njava "
                            + String.join(" ", options) + (options.isEmpty() ? "" : " ") + "-XX:AOTCache=" + file
                            + " -jar " + cache.jar());
            return 0;
        } catch (IOException e) {
            return Commands.fail(command, e);
        }
    }

    private static Path jar() throws IOException {
        @Nullable CodeSource source = AotCommand.class.getProtectionDomain().getCodeSource();
        try {
            if (source != null && Files.isRegularFile(Path.of(source.getLocation().toURI()))) {
                return Path.of(source.getLocation().toURI());
            }
        } catch (URISyntaxException e) {
            throw new IOException("the jar's place is no path: " + e.getMessage(), e);
        }
        throw new IOException("this does not run from a jar (expected: java -jar egress-proxy.jar aot)");
    }
}
