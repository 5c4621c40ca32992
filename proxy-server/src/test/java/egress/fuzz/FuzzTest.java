package egress.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import egress.testkit.Tool;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Every target with every input that is kept, and then each with Jazzer for {@code egress.fuzz.seconds} (3). A long run of one:
 *
 * <pre>./verify -pl proxy-server -am -Dtest=FuzzTest -Dsurefire.failIfNoSpecifiedTests=false \
 *     -Degress.fuzz.target=HEAD -Degress.fuzz.seconds=3600</pre>
 *
 * What it finds is left in {@code target/fuzz}; it belongs to {@code src/test/resources/fuzz/<target>} once it is mended.
 */
@Tag("alone")
class FuzzTest {
    /** What is fuzzed. */
    enum Target {
        CLIENT_HELLO("egress.downstream.ClientHelloFuzz"),
        AUTHORITY("egress.fuzz.AuthorityFuzz"),
        TARGET("egress.fuzz.TargetFuzz"),
        HEAD("egress.fuzz.HeadFuzz"),
        ROUTES("egress.fuzz.RoutesFuzz"),
        WEB_SOCKET("egress.server.dlp.websocket.AgentFramesFuzz"),
        GRPC("egress.server.dlp.body.EnvelopeSlicerFuzz"),
        DECODER("egress.fuzz.DecoderFuzz"),
        NORMALISER("egress.fuzz.NormaliserFuzz");

        private final String className;

        Target(String className) {
            this.className = className;
        }

        /** The inputs that are kept: seeds, and what was once found. */
        Path kept() throws URISyntaxException {
            String name = "/fuzz/" + name().toLowerCase(Locale.ROOT);
            URL url = Objects.requireNonNull(FuzzTest.class.getResource(name), "no inputs at " + name);
            return Path.of(url.toURI());
        }
    }

    private static final Pattern DONE = Pattern.compile("Done (\\d+) (?:runs|in)");
    /** Of a run that begins with the kept inputs alone; a longer one goes on with what earlier ones have left. */
    private static final int SMOKE = 3;

    private static final int SECONDS = Integer.getInteger("egress.fuzz.seconds", SMOKE);
    /** The same in every build, which must not fail by chance; 0 draws one. */
    private static final int SEED = Integer.getInteger("egress.fuzz.seed", 1);

    @ParameterizedTest
    @EnumSource(Target.class)
    void takesEveryInputThatIsKept(Target target) throws Throwable {
        List<Path> inputs;
        try (Stream<Path> files = Files.list(target.kept())) {
            inputs = files.sorted().toList();
        }
        assertThat(inputs).isNotEmpty();
        var method = Class.forName(target.className).getMethod("fuzzerTestOneInput", byte[].class);
        for (Path input : inputs) {
            try {
                method.invoke(null, (Object) Files.readAllBytes(input));
            } catch (InvocationTargetException e) {
                throw new AssertionError(target + ": " + input, e.getCause());
            }
        }
    }

    @Test
    @Timeout(value = 24, unit = TimeUnit.HOURS)
    void noTargetIsBrokenByWhatJazzerThinksUp() throws Exception {
        String only = System.getProperty("egress.fuzz.target", "");
        Map<Target, Future<Tool.Result>> running = new LinkedHashMap<>();
        List<String> table =
                new ArrayList<>(List.of("| target | executions | coverage | crashes |", "|---|---|---|---|"));
        List<String> crashes = new ArrayList<>();
        try (ExecutorService two = Executors.newFixedThreadPool(2)) {
            for (Target target : Target.values()) {
                if (only.isEmpty() || only.equals(target.name())) {
                    running.put(target, two.submit(() -> fuzz(target)));
                }
            }
            for (Map.Entry<Target, Future<Tool.Result>> each : running.entrySet()) {
                Tool.Result result = each.getValue().get();
                Matcher done = DONE.matcher(result.err());
                String executions = done.find() ? done.group(1) : "?";
                boolean crashed = result.exit() != 0;
                table.add("| " + each.getKey() + " | " + executions + " | " + coverage(result.err()) + " | "
                        + (crashed ? 1 : 0) + " |");
                if (crashed) {
                    crashes.add(each.getKey() + ":\n" + result.err());
                }
            }
        }
        Files.write(Path.of("target", "fuzz", "fuzz.md"), table);
        table.forEach(System.out::println);
        assertThat(crashes).isEmpty();
    }

    private static String coverage(String err) {
        Matcher cov = Pattern.compile("cov: (\\d+)").matcher(err);
        String last = "?";
        while (cov.find()) {
            last = cov.group(1);
        }
        return last;
    }

    private static void empty(Path directory) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            for (Path file : files) {
                Files.delete(file);
            }
        }
    }

    private static Tool.Result fuzz(Target target) throws IOException, InterruptedException, URISyntaxException {
        Path directory = Path.of("target", "fuzz", target.name().toLowerCase(Locale.ROOT))
                .toAbsolutePath();
        Path corpus = Files.createDirectories(directory.resolve(SECONDS > SMOKE ? "corpus" : "smoke"));
        if (SECONDS <= SMOKE) {
            empty(corpus);
        }
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        return Tool.of(Path.of(System.getProperty("java.home"), "bin", "java"))
                .in(directory)
                .within(Duration.ofSeconds(SECONDS + 90L))
                .run(
                        "-Xmx768m",
                        "-XX:+UseSerialGC",
                        // Of a short run most is the start of Jazzer, which is not worth compiling well.
                        "-XX:TieredStopAtLevel=" + (SECONDS > SMOKE ? 4 : 1),
                        "-XX:+EnableDynamicAgentLoading",
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-cp",
                        classPath,
                        "com.code_intelligence.jazzer.Jazzer",
                        "--target_class=" + target.className,
                        "--instrumentation_includes=egress.**",
                        "--custom_hook_includes=egress.**",
                        "--disabled_hooks=com.code_intelligence.jazzer.sanitizers.UnsafeSanitizer",
                        "--reproducer_path=" + directory,
                        "-artifact_prefix=" + directory + "/",
                        "-max_total_time=" + SECONDS,
                        "-seed=" + SEED,
                        "-timeout=10",
                        "-rss_limit_mb=3072",
                        "-print_final_stats=1",
                        corpus.toString(),
                        target.kept().toString());
    }
}
