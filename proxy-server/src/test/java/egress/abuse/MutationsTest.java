package egress.abuse;

import static org.assertj.core.api.Assertions.assertThat;

import egress.testkit.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The tests are tested: the gate is broken on purpose, in one place at a time, and the class of the group must turn red. A break is
 * compiled into a directory of its own, before the class path of a Java of its own: the tree is never touched.
 */
@Tag("alone")
class MutationsTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final String CORE = "proxy-core/src/main/java/egress/";
    private static final String SERVER = "proxy-server/src/main/java/egress/server/";

    /** One break: where, what becomes of what, and the class that must see it. */
    enum Break {
        EVERY_ADDRESS_IS_PUBLIC(
                "NamingTest",
                CORE + "upstream/AddressGuard.java",
                "return judgeOwn(address, port) instanceof Refused refused ? refused : judge(address.getAddress());",
                "return judgeOwn(address, port);"),
        ITS_OWN_LISTENER_IS_LIKE_ANY_OTHER(
                "NamingTest",
                CORE + "upstream/AddressGuard.java",
                "if (listener.getPort() == port && ",
                "if (port < 0 && "),
        PORTS_MAY_BEGIN_WITH_ZERO(
                "NamingTest", CORE + "http/Authority.java", "length <= 5 && raw.charAt(start) != '0'", "length <= 5"),
        SNI_IS_NOT_COMPARED(
                "IdentityTest",
                CORE + "downstream/HelloHandler.java",
                "if (!agrees(hello.sni())) {",
                "if (hello.alpn() == null) {"),
        HOST_IS_NOT_COMPARED(
                "IdentityTest",
                CORE + "downstream/RequestedTarget.java",
                "if (host != null && !tunnel.isNamedBy(host, tls ? 443 : 80)) {",
                "if (host != null && host.isEmpty()) {"),
        BACKSLASHES_ARE_NO_SLASHES(
                "TargetTest", CORE + "policy/PathReadings.java", "return path.replace('\\\\', '/');", "return path;"),
        PATHS_ARE_DECODED_ONCE_AT_MOST(
                "TargetTest", CORE + "policy/PathReadings.java", "DECODINGS = 2", "DECODINGS = 1"),
        A_PUSH_IS_LIKE_ANY_REQUEST(
                "TargetTest", CORE + "policy/Policy.java", "if (git == GitRules.Use.PUSH) {", "if (git == null) {"),
        OVERRIDES_ARE_NOT_READ(
                "TargetTest",
                CORE + "http/RewriteFields.java",
                "if (FieldNames.same(name, entry.name)) {",
                "if (name == entry.name) {"),
        CHUNKED_MAY_HAVE_A_LENGTH(
                "FramingTest", CORE + "http/H1Fields.java", "if (!lengths.isEmpty()) {", "if (lengths.size() > 9) {"),
        A_CONNECTION_WITH_BYTES_LEFT_GOES_BACK(
                "OddResponseTest", CORE + "upstream/H1Connection.java", "decoder.hasPending()", "(decoder == null)"),
        ENDED_STREAMS_MAY_BEGIN_AGAIN(
                "H2FramingTest",
                CORE + "downstream/H2StreamOrderHandler.java",
                "if (stream > highest) {",
                "if (stream > 0) {"),
        THE_AGENTS_AUTHORIZATION_STAYS(
                "CredentialsTest", CORE + "policy/Route.java", "fields.remove(\"authorization\");", ""),
        ANY_NAME_IN_A_CERTIFICATE_WILL_DO(
                "CredentialsTest",
                CORE + "upstream/tls/ServerTrust.java",
                "if (!names.include(host)) {",
                "if (host.isEmpty()) {"),
        NO_BASE64(
                "DlpTest",
                "dlp-client/src/main/java/egress/dlp/builtin/decode/Base64Runs.java",
                "return ascii && !(b[i] == 'A'",
                "return !ascii && !(b[i] == 'A'"),
        A_LONG_BODY_MAY_PASS(
                "DlpTest",
                SERVER + "dlp/body/HeldGuard.java",
                "if (!fits && !plan.passesOversize()) {",
                "if (!fits && maxBody < 0) {"),
        ALT_SVC_STAYS(
                "OtherProtocolTest", CORE + "http/HopByHop.java", "ALT_SVC = \"alt-svc\";", "ALT_SVC = \"alt-none\";"),
        ANY_HOST_READS_METRICS(
                "OperationsTest",
                SERVER + "admin/AdminServer.java",
                "!hosts.accepts(named.getFirst())",
                "named.getFirst().equals(\"-\")"),
        ANYTHING_MAY_BE_UPGRADED_TO(
                "OtherProtocolTest",
                CORE + "exchange/Exchange.java",
                "switch (otherUpgrade ?",
                "switch (otherUpgrade && webSocket ?");

        private final String testClass;
        private final String file;
        private final String from;
        private final String to;

        Break(String testClass, String file, String from, String to) {
            this.testClass = "egress.abuse." + testClass;
            this.file = file;
            this.from = from;
            this.to = to;
        }
    }

    private record Outcome(Break which, boolean red, List<String> failed, String output) {
        String row() {
            String caught = failed.stream()
                    .map(line -> line.substring("FAILED ".length()).split(" ", 2)[0])
                    .distinct()
                    .limit(12)
                    .reduce((a, b) -> a + ", " + b)
                    .orElse("nothing");
            return "| " + which.name().toLowerCase(java.util.Locale.ROOT).replace('_', ' ') + " | `"
                    + which.file.replaceFirst(".*/", "") + "` | " + which.testClass.replaceFirst(".*\\.", "") + " | "
                    + failed.size() + " | " + caught + " |";
        }
    }

    /** One of each group, those whose class ends soonest: {@code -Degress.mutation=all} runs every one. */
    private static final Set<Break> SMOKE = EnumSet.of(
            Break.PORTS_MAY_BEGIN_WITH_ZERO,
            Break.HOST_IS_NOT_COMPARED,
            Break.BACKSLASHES_ARE_NO_SLASHES,
            Break.CHUNKED_MAY_HAVE_A_LENGTH,
            Break.THE_AGENTS_AUTHORIZATION_STAYS,
            Break.NO_BASE64,
            Break.ALT_SVC_STAYS);

    private static boolean isChosen(Break each) {
        String chosen = System.getProperty("egress.mutation", "");
        return switch (chosen) {
            case "" -> SMOKE.contains(each);
            case "all" -> true;
            default -> each.name().equals(chosen);
        };
    }

    @ParameterizedTest
    @EnumSource
    void whatABreakReplacesIsThere(Break each) throws IOException {
        assertThat(Files.readString(ROOT.resolve(each.file)))
                .as("what it breaks stands in " + each.file)
                .contains(each.from);
    }

    @Test
    @Timeout(value = 30, unit = TimeUnit.MINUTES)
    void breaksTurnTheirClassRed() throws Exception {
        List<Future<Outcome>> running = new ArrayList<>();
        List<Outcome> outcomes = new ArrayList<>();
        try (ExecutorService two = Executors.newFixedThreadPool(2)) {
            for (Break each : Break.values()) {
                if (isChosen(each)) {
                    running.add(two.submit(() -> run(each)));
                }
            }
            for (Future<Outcome> each : running) {
                outcomes.add(each.get());
            }
        }
        List<String> table = new ArrayList<>(
                List.of("| break | in | turns red | cases | the first of them |", "|---|---|---|---|---|"));
        outcomes.forEach(outcome -> table.add(outcome.row()));
        Files.write(Path.of("target", "mutations.md"), table);
        table.forEach(System.out::println);

        assertThat(outcomes.stream().filter(o -> !o.red()).map(o -> o.which() + ":\n" + o.output()))
                .as("breaks that no case saw")
                .isEmpty();
        assertThat(outcomes)
                .as("-Degress.mutation: all, or the name of a break")
                .isNotEmpty();
    }

    private static String classPath() {
        return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    }

    private static Outcome run(Break each) throws IOException, InterruptedException {
        Path directory = Path.of("target", "mutations", each.name()).toAbsolutePath();
        Path classes = Files.createDirectories(directory.resolve("classes"));
        compile(each, directory, classes);
        Tool.Result result = Tool.of(Path.of(System.getProperty("java.home"), "bin", "java"))
                .in(directory)
                .within(Duration.ofMinutes(4))
                .run(
                        "-Xmx512m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-cp",
                        classes + System.getProperty("path.separator") + classPath(),
                        RunClass.class.getName(),
                        each.testClass);
        List<String> failed =
                result.out().lines().filter(line -> line.startsWith("FAILED ")).toList();
        boolean ran = result.out().lines().anyMatch(line -> line.startsWith("RAN ") && !line.equals("RAN 0"));
        return new Outcome(each, ran && !failed.isEmpty(), failed, result.toString());
    }

    private static void compile(Break each, Path directory, Path classes) throws IOException {
        Path source = ROOT.resolve(each.file);
        String text = Files.readString(source);
        Path broken = Files.writeString(directory.resolve(source.getFileName()), text.replace(each.from, each.to));
        List<String> arguments = Arrays.asList(
                "-proc:none",
                "-nowarn",
                "-parameters",
                "-d",
                classes.toString(),
                "-cp",
                classPath(),
                broken.toString());
        int status = ToolProvider.getSystemJavaCompiler().run(null, null, null, arguments.toArray(String[]::new));
        assertThat(status).as(each + " compiles").isZero();
    }
}
