package egress.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import egress.exchange.Limits;
import egress.exchange.Timeouts;
import egress.exchange.UpstreamHttp;
import egress.server.ProxyUnderTest;
import egress.server.config.DlpConfig;
import egress.server.config.Endpoint;
import egress.server.config.LogSettings;
import egress.server.config.Settings;
import egress.server.log.Notices;
import egress.upstream.Cidr;
import egress.upstream.ConnectTo;
import egress.upstream.UpstreamLimits;
import egress.upstream.UpstreamTimeouts;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

final class FlagsTest {
    private final ProxyUnderTest.Captured err = new ProxyUnderTest.Captured();
    private final AtomicReference<@Nullable Settings> settings = new AtomicReference<>();

    private CommandLine commandLine(Map<String, String> environment) {
        return CommandLineFactory.of(
                environment,
                (parsed, ca) -> {
                    settings.set(parsed);
                    return 0;
                },
                new Notices(err));
    }

    private Settings parse(Map<String, String> environment, String... arguments) {
        int status = commandLine(environment).execute(arguments);
        assertThat(status).describedAs(err.text()).isZero();
        return Objects.requireNonNull(settings.get());
    }

    private String refused(Map<String, String> environment, String... arguments) {
        assertThat(commandLine(environment).execute(arguments)).isEqualTo(2);
        assertThat(settings.get()).isNull();
        assertThat(err.lines()).hasSize(1);
        return err.lines().getFirst();
    }

    @Test
    void withoutFlagsEverythingIsAsTheCoreHasIt() {
        Settings parsed = parse(Map.of());
        assertThat(parsed.serving().listen()).isEqualTo(new Endpoint("127.0.0.1", 9099));
        assertThat(parsed.serving().admin()).contains(new Endpoint("127.0.0.1", 9901));
        assertThat(parsed.serving().metrics()).isEmpty();
        assertThat(parsed.serving().routes()).isEmpty();
        assertThat(parsed.serving().reloadInterval()).isEmpty();
        assertThat(parsed.serving().proxyUsers()).isEmpty();
        assertThat(parsed.limits()).isEqualTo(Limits.DEFAULT);
        assertThat(parsed.timeouts()).isEqualTo(Timeouts.DEFAULT);
        assertThat(parsed.upstreamHttp()).isEqualTo(UpstreamHttp.AUTO);
        assertThat(parsed.upstream().timeouts()).isEqualTo(UpstreamTimeouts.DEFAULTS);
        assertThat(parsed.upstream().limits()).isEqualTo(UpstreamLimits.DEFAULTS);
        assertThat(parsed.log())
                .isEqualTo(new LogSettings(
                        LogSettings.Format.TEXT, 1, LogSettings.Lines.ALL, false, false, true, Optional.empty()));
    }

    @Test
    void privateAddressesAreReachedWithoutRoutesOnly(@TempDir Path directory) throws IOException {
        assertThat(parse(Map.of()).upstream().allowPrivate())
                .containsExactly(Cidr.parse("0.0.0.0/0"), Cidr.parse("::/0"));
        Path routes = Files.writeString(directory.resolve("routes.yaml"), "routes: []");
        assertThat(parse(Map.of(), "--routes", routes.toString()).upstream().allowPrivate())
                .isEmpty();
    }

    @Test
    void listsMayBeRepeatedOrSeparatedByCommas() {
        Settings parsed = parse(
                Map.of(),
                "--connect-to",
                "a.example:443:127.0.0.1:1",
                "--connect-to=b.example:443:127.0.0.1:2,c.example:443:[::1]:3",
                "--routes=none.yaml",
                "--allow-private=10.0.0.0/8,fd00::/8",
                "--passthrough=x.example,y.example");
        assertThat(parsed.upstream().connectTo())
                .containsExactly(
                        ConnectTo.parse("a.example:443:127.0.0.1:1"),
                        ConnectTo.parse("b.example:443:127.0.0.1:2"),
                        ConnectTo.parse("c.example:443:[::1]:3"));
        assertThat(parsed.upstream().allowPrivate()).containsExactly(Cidr.parse("10.0.0.0/8"), Cidr.parse("fd00::/8"));
        assertThat(parsed.serving().passthrough()).containsExactly("x.example", "y.example");
    }

    /** For each flag a value that is not its default. */
    private static Map<String, String> values(Path directory) throws IOException {
        Path pem = Files.writeString(directory.resolve("x.pem"), "");
        Map<String, String> values = new LinkedHashMap<>();
        values.put("--routes", directory.resolve("r.yaml").toString());
        values.put("--shadow-routes", directory.resolve("s.yaml").toString());
        values.put("--reload-interval", "7s");
        values.put("--passthrough", "p.example");
        values.put("--listen", "127.0.0.2:7");
        values.put("--proxy-auth-env", "USERS");
        values.put("--admin", "off");
        values.put("--metrics", "127.0.0.1:8");
        values.put("--upstream-http", "mirror");
        values.put("--upstream-ca", pem.toString());
        values.put("--upstream-proxy", "http://user:secret@proxy.example:8080");
        values.put("--allow-private", "10.1.0.0/16");
        values.put("--connect-to", "a.example:1:127.0.0.1:2");
        values.put("--resolver", "dns");
        values.put("--dlp", "off");
        values.put("--spool-dir", directory.toString());
        values.put("--dlp-known-hits", "7/3m");
        values.put("--dlp-allow", "fp:0123456789abcdef");
        values.put("--pipelock", "http://127.0.0.1:8891");
        values.put("--pipelock-way", "forward");
        values.put("--dlp-profile", "strict");
        values.put("--pipelock-sink", "127.0.0.1:8892");
        values.put("--pipelock-scan", "http://127.0.0.1:8893");
        values.put("--pipelock-token-env", "USERS");
        values.put("--lines", "blocks");
        values.put("--log-format", "json");
        values.put("--quiet", "true");
        values.put("--verbose", "true");
        values.put("--flow-detail", "3");
        values.put("--show-bodies", "true");
        values.put("--timestamps", "true");
        values.put("--filter", "~d api.example");
        values.put("--flows", directory.resolve("flows.jsonl").toString());
        values.put("--flow-memory", "3m");
        values.put("--flows-required", "true");
        values.put("--scan-id", "a,b");
        values.put("--inspect", "true");
        values.put("--inspect-max", "7m");
        values.put("--ask-queue", "q");
        values.put("--ask-owner", "77");
        return values;
    }

    @Test
    void theEnvironmentTwinOfEachFlagDoesTheSame(@TempDir Path directory) throws IOException {
        Map<String, String> values = values(directory);
        for (OptionSpec option : commandLine(Map.of()).getCommandSpec().options()) {
            String flag = option.longestName();
            Optional<String> variable = EnvironmentDefaults.variableOf(option);
            if (variable.isEmpty()) {
                assertThat(flag).isIn("--help", "--version");
            } else if (!flag.startsWith("--ca")) {
                String value = values.computeIfAbsent(
                        flag,
                        any -> option.type() == Duration.class ? "77s" : option.type() == int.class ? "77" : "77k");
                Map<String, String> users = new LinkedHashMap<>(Map.of("USERS", "a:b"));
                // A routes file, so that all flags mean something; when it is --routes itself that is looked at, none.
                String[] others = flag.equals("--routes") ? new String[0] : others(flag);
                String plain = shown(parse(users, others));
                String[] flagged = Arrays.copyOf(others, others.length + 1);
                flagged[others.length] = flag + "=" + value;
                assertThat(shown(parse(users, flagged))).describedAs(flag).isNotEqualTo(plain);
                String byFlag = shown(parse(users, flagged));
                users.put(variable.get(), value);
                assertThat(shown(parse(users, others))).describedAs(flag).isEqualTo(byFlag);
            }
        }
    }

    /** What a flag needs beside it to mean something. */
    private static String[] others(String flag) {
        String routes = "--routes=z.yaml";
        String pipelock = "--pipelock=http://127.0.0.1:8890";
        if (flag.equals("--pipelock-scan")) {
            return new String[] {routes, pipelock, "--pipelock-token-env=USERS"};
        }
        if (flag.equals("--ask-owner")) {
            return new String[] {routes, "--ask-queue=q"};
        }
        if (flag.equals("--flows-required")) {
            return new String[] {routes, "--flows=f.jsonl"};
        }
        return flag.startsWith("--pipelock-") ? new String[] {routes, pipelock} : new String[] {routes};
    }

    private static String shown(Settings s) {
        return String.join(
                "|",
                List.of(
                        s.serving().routes().toString(),
                        s.ask().toString(),
                        s.serving().shadowRoutes().toString(),
                        s.serving().reloadInterval().toString(),
                        s.serving().passthrough().toString(),
                        s.serving().listen().toString(),
                        s.serving().proxyUsers().toString(),
                        s.serving().admin().toString(),
                        s.serving().metrics().toString(),
                        s.loops() + " " + s.leaves(),
                        s.limits().toString(),
                        s.flows().toString(),
                        s.inspect().toString(),
                        s.timeouts().toString(),
                        s.upstreamHttp().toString(),
                        s.upstream().allowPrivate().toString(),
                        s.upstream().connectTo().toString(),
                        s.upstream().extraTrust().toString(),
                        s.upstream().proxy().toString(),
                        s.upstream().names().toString(),
                        s.upstream().limits().toString(),
                        s.upstream().timeouts().toString(),
                        dlp(s.dlp()),
                        s.log().toString()));
    }

    private static String dlp(DlpConfig choice) {
        return choice
                + choice.pipelock()
                        .map(p -> p.way() + " " + p.base() + " " + p.sink() + " " + p.scan() + " " + p.token())
                        .orElse("");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--flows-required | --flows-required: needs --flows FILE",
                "--flow-body-limit=9m | --flow-body-limit: 9m (expected: at most 8m)",
                "--flow-memory=9k | --flow-memory: 9k (expected: at least 1m)",
                "--flow-keep=0 | --flow-keep: 0 (expected: 1 or more)",
                "--scan-id=a,b:c | --scan-id: \"b:c\" (expected: a user name, without blanks and colons)",
                "--scan-id=a,a | --scan-id: the same twice",
            })
    void aWrongFlowFlagIsOneLine(String argument, String line) {
        assertThat(refused(Map.of(), argument)).isEqualTo("egress: " + line);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--dlp=none | --dlp: \"none\" (expected: one of builtin, pipelock, both, off)",
                "--dlp=both | --dlp: both (expected: --pipelock with it, to say where pipelock is)",
                "--dlp=pipelock | --dlp: pipelock (expected: --pipelock with it, to say where pipelock is)",
                "--dlp-known-hits=20 | --dlp-known-hits: \"20\" (expected: a number from 1 to 9999 and a time, such as"
                        + " 20/10m, or off)",
                "--dlp-allow=ghp_abc | --dlp-allow: no fingerprint (expected: fp: and 16 hexadecimal digits)",
                "--spool-dir=/nowhere/at/all | --spool-dir: /nowhere/at/all (expected: a directory)",
                "--pipelock-scan=http://127.0.0.1:1 | --pipelock-scan: expected --pipelock with it",
                "--pipelock-way=chain | --pipelock-way: \"chain\" (expected: one of sink, scan, forward)",
                "--dlp-timeout=5 | --dlp-timeout: \"5\" (expected: a number and a unit, such as 250ms, 10s, 5m or 1h)",
            })
    void aWrongDlpFlagIsOneLine(String argument, String line) {
        assertThat(refused(Map.of(), argument)).isEqualTo("egress: " + line);
    }

    @Test
    void bothScannersLookAsSoonAsPipelockIsNamed() {
        assertThat(parse(Map.of()).dlp().pipelock()).isEmpty();
        DlpConfig both = parse(Map.of(), "--pipelock=http://127.0.0.1:8890").dlp();
        assertThat(both.builtIn()).isTrue();
        assertThat(both.pipelock()).isPresent();
        assertThat(parse(Map.of(), "--dlp=off").dlp().isOff()).isTrue();
        assertThat(parse(Map.of(), "--dlp=pipelock", "--pipelock=http://127.0.0.1:8890")
                        .dlp()
                        .builtIn())
                .isFalse();
    }

    @Test
    void noTwoFlagsShareAVariable() {
        Set<String> seen = new HashSet<>();
        for (OptionSpec option : commandLine(Map.of()).getCommandSpec().options()) {
            EnvironmentDefaults.variableOf(option)
                    .ifPresent(variable ->
                            assertThat(seen.add(variable)).describedAs(variable).isTrue());
        }
        assertThat(seen).contains("EGRESS_UPSTREAM_CA", "EGRESS_CA", "EGRESS_CA_DIR", "EGRESS_UPSTREAM_PROXY");
    }

    @Test
    void theCommandLineComesBeforeTheVariableAndAnEmptyVariableIsUnset() {
        Map<String, String> environment = Map.of("EGRESS_LISTEN", "127.0.0.1:1", "EGRESS_ADMIN", "");
        assertThat(parse(environment, "--listen", "127.0.0.1:2")
                        .serving()
                        .listen()
                        .port())
                .isEqualTo(2);
        assertThat(parse(environment).serving().listen().port()).isEqualTo(1);
        assertThat(parse(environment).serving().admin()).isPresent();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        --listen=9099                | egress: --listen: "9099" (expected: HOST:PORT, such as 127.0.0.1:9099 or [::1]:9099)
        --listen=a:b                 | egress: --listen: "a:b" (expected: HOST:PORT, such as 127.0.0.1:9099 or [::1]:9099)
        --listen=127.0.0.1:65536     | egress: --listen: "127.0.0.1:65536" (expected: HOST:PORT, such as 127.0.0.1:9099 or [::1]:9099)
        --listen=0.0.0.0:9099        | egress: --listen: 0.0.0.0:9099 (expected: a loopback address, because without --routes everything is allowed)
        --listen=:9099               | egress: --listen: :9099 (expected: a loopback address, because without --routes everything is allowed)
        --idle-timeout=10            | egress: --idle-timeout: "10" (expected: a number and a unit, such as 250ms, 10s, 5m or 1h)
        --idle-timeout=0s            | egress: --idle-timeout: "0s" (expected: more than 0, at most a year)
        --max-head=1g                | egress: --max-head: "1g" (expected: bytes, such as 65536, 64k or 1m)
        --max-connections=0          | egress: --max-connections: 0 (expected: 1 or more)
        --max-connections=x          | egress: --max-connections: 'x' is not an int
        --threads=-1                 | egress: --threads: -1 (expected: 1 or more)
        --flow-detail=5              | egress: --flow-detail: 5 (expected: 0-4)
        --log-format=xml             | egress: --log-format: "xml" (expected: one of text, json)
        --upstream-http=h3           | egress: --upstream-http: "h3" (expected: one of auto, h1, mirror)
        --upstream-proxy=ftp://x     | egress: --upstream-proxy: upstream proxy (expected: the scheme http or https)
        --allow-private=10.1.2.3/8   | egress: --allow-private: address block: 10.1.2.3/8 (expected: no bit set behind the prefix)
        --connect-to=a:1             | egress: --connect-to: connect-to: "a:1" (expected: four parts HOST:PORT:ADDR:PORT)
        --proxy-auth-env=NOT_SET     | egress: --proxy-auth-env: the variable NOT_SET holds nothing (expected: user:password pairs, with white space or commas between them)
        --upstream-ca=/no/such       | egress: --upstream-ca: /no/such cannot be read (expected: a PEM file of certificates)
        --nonsense                   | egress: unknown: --nonsense (expected: what egress-proxy --help lists)
        nonsense                     | egress: unknown: nonsense (expected: what egress-proxy --help lists)
        --rotues=x.yaml              | egress: unknown: --rotues=x.yaml (did you mean --routes? expected: what egress-proxy --help lists)
        --log-fromat                 | egress: unknown: --log-fromat (did you mean --log-format? expected: what egress-proxy --help lists)
        chekc                        | egress: unknown: chekc (did you mean check? expected: what egress-proxy --help lists)
        --filter=~d & (              | egress: --filter: at character 4: ~d has nothing to look for (expected: a regular expression; in quotes where it holds a blank, a parenthesis or ~)
        """)
    void aWrongFlagIsOneLine(String argument, String line) {
        assertThat(refused(Map.of(), argument)).isEqualTo(line);
    }

    @Test
    void aWrongVariableIsNamedAsSuch() {
        assertThat(refused(Map.of("EGRESS_IDLE_TIMEOUT", "soon")))
                .isEqualTo("egress: EGRESS_IDLE_TIMEOUT: \"soon\""
                        + " (expected: a number and a unit, such as 250ms, 10s, 5m or 1h)");
    }

    @Test
    void aCredentialInAWrongFlagIsNotRepeated() {
        assertThat(refused(Map.of(), "--upstream-proxy=http://user:hunter2@proxy.example/path"))
                .doesNotContain("hunter2");
    }

    @Test
    void theProxyOfTheProcessItselfIsIgnored() {
        Map<String, String> environment =
                Map.of("HTTPS_PROXY", "http://proxy.example:1", "https_proxy", "http://proxy.example:1");
        assertThat(parse(environment).upstream().proxy()).isEmpty();
    }

    @Test
    void mistypedVariablesAreToldFromThoseInUse() {
        Map<String, String> environment = new LinkedHashMap<>();
        environment.put("EGRESS_UPSTREAM_CAS", "x");
        environment.put("EGRESS_TOKEN_0", "x");
        environment.put("EGRESS_JAVA_OPTS", "x");
        environment.put("EGRESS_IMAGE", "1");
        environment.put("EGRESS_GITHUB", "x");
        environment.put("EGRESS_PROXY_AUTH_ENV", "EGRESS_USERS");
        environment.put("EGRESS_USERS", "x:y");
        environment.put("EGRESSION", "x");
        environment.put("EGRESS_UPSTREAM_CA", "");
        assertThat(parse(environment).unknownVariables())
                .containsExactlyInAnyOrder("EGRESS_UPSTREAM_CAS", "EGRESS_GITHUB");
    }

    @Test
    void helpIsGroupedAndFitsTheWidth() {
        String help = commandLine(Map.of()).getUsageMessage(CommandLine.Help.Ansi.OFF);
        assertThat(help)
                .containsSubsequence(
                        "\nServing:\n",
                        "--routes",
                        "\nCertificate authority:\n",
                        "--ca-dir",
                        "\nUpstream:\n",
                        "--connect-to",
                        "\nLogs:\n",
                        "--flow-detail",
                        "\nTimeouts:\n",
                        "--drain-timeout",
                        "\nLimits:\n",
                        "--max-connections",
                        "\nAbout:\n",
                        "--version");
        assertThat(help.lines()).allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(120));
        for (OptionSpec option : commandLine(Map.of()).getCommandSpec().options()) {
            assertThat(help).contains(option.longestName());
        }
    }

    private static Stream<CommandLine> andBelow(CommandLine command) {
        return Stream.concat(
                Stream.of(command), command.getSubcommands().values().stream().flatMap(FlagsTest::andBelow));
    }

    @Test
    void everyCommandHasHelpThatReadsTimesAsFlagsAreTyped() {
        CommandLine gate = commandLine(Map.of());
        List<CommandLine> all = andBelow(gate).toList();
        assertThat(all).hasSizeGreaterThan(8);
        for (CommandLine command : all) {
            List<String> words = new ArrayList<>();
            for (CommandSpec at = command.getCommandSpec(); at.parent() != null; at = at.parent()) {
                words.addFirst(at.name());
            }
            words.add("--help");
            StringWriter out = new StringWriter();
            CommandLine fresh = commandLine(Map.of()).setOut(new PrintWriter(out));
            assertThat(fresh.execute(words.toArray(String[]::new)))
                    .describedAs("%s", words)
                    .isZero();
            assertThat(out.toString())
                    .describedAs("%s", words)
                    .startsWith("Usage: egress-proxy")
                    .doesNotContainPattern("PT[0-9]");
        }
        assertThat(err.lines()).isEmpty();
    }

    @Test
    void aMistypedFlagOfACommandIsGuessedAmongItsOwn() {
        assertThat(refused(Map.of(), "health", "--liev"))
                .isEqualTo("egress: unknown: --liev (did you mean --live? expected: what egress-proxy health --help"
                        + " lists)");
    }
}
