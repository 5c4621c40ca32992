package egress.server;

import static org.assertj.core.api.Assertions.assertThat;

import egress.testkit.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The scripts at the top of the tree, on JDKs real and made up. */
final class ScriptsIT {
    @TempDir
    private Path directory;

    private static Tool script(String name) {
        return Tool.of(Child.root().resolve(name));
    }

    /** A directory that looks like a JDK. */
    private Path jdk(String name, String version) throws IOException {
        Path home = directory.resolve("jvm").resolve(name);
        Files.createDirectories(home.resolve("bin"));
        executable(home.resolve("bin/javac"), "exit 9");
        executable(home.resolve("bin/java"), """
                case "$*" in
                    *XshowSettings*) echo "    java.home = %s" >&2 ;;
                    *) echo "java of %s: $*" ;;
                esac
                """.formatted(home, name));
        Files.writeString(home.resolve("release"), "IMPLEMENTOR=\"Any\"\nJAVA_VERSION=\"" + version + "\"\n");
        return home;
    }

    private static void executable(Path file, String body) throws IOException {
        Files.writeString(file, "#!/bin/sh\n" + body + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /** Nothing but what the test puts there: no JAVA_HOME, an old java on the PATH, one place to look at. */
    private Tool findJdk(Path onPath) {
        return script("bin/find-jdk")
                .with("JAVA_HOME", "")
                .with("PATH", onPath.resolve("bin") + ":/usr/bin:/bin")
                .with("EGRESS_JDK_DIRS", directory.resolve("jvm").toString());
    }

    @ParameterizedTest
    @CsvSource({
        "25,true",
        "25.0.3,true",
        "26-ea,true",
        "26.0.1,true",
        "100,true",
        "24.0.2,false",
        "21.0.1,false",
        "17.0.15,false",
        "1.8.0_442,false",
        "'',false"
    })
    void findsAJdkThatIsNewEnoughWhereDistributionsPutThem(String version, boolean found) throws Exception {
        Path old = jdk("a-old", "17.0.15");
        Path other = jdk("other", version);
        Tool.Result result = findJdk(old).run();
        if (found) {
            assertThat(result.ok().out()).isEqualTo(other + "\n");
        } else {
            assertThat(result.exit()).isEqualTo(1);
            assertThat(result.err())
                    .hasLineCount(1)
                    .startsWith("egress: needs a JDK 25 or newer, and none was found: install one");
        }
    }

    @Test
    void javaHomeComesFirstWhenItIsNewEnoughThenThePath() throws Exception {
        Path listed = jdk("a-listed", "25");
        Path home = jdk("home", "26");
        Path path = jdk("path", "27");
        Path old = jdk("old", "21");
        assertThat(findJdk(path).with("JAVA_HOME", home.toString()).run().out()).isEqualTo(home + "\n");
        assertThat(findJdk(path).with("JAVA_HOME", old.toString()).run().out()).isEqualTo(path + "\n");
        assertThat(findJdk(old).with("JAVA_HOME", old.toString()).run().out()).isEqualTo(listed + "\n");
    }

    @Test
    void aRuntimeWithoutACompilerIsNoJdk() throws Exception {
        Path old = jdk("old", "17");
        Path runtime = jdk("runtime", "25");
        Files.delete(runtime.resolve("bin/javac"));
        assertThat(findJdk(old).run().exit()).isEqualTo(1);
    }

    @Test
    void theLauncherRunsTheProgramWhateverJavaDefaultsTo() throws Exception {
        Path old = jdk("old", "17.0.15");
        Path link =
                Files.createSymbolicLink(directory.resolve("link"), Child.root().resolve("egress-proxy"));
        for (Tool tool : List.of(script("egress-proxy"), Tool.of(link))) {
            Tool.Result result = tool.with("JAVA_HOME", old.toString())
                    .with("PATH", old.resolve("bin") + ":" + System.getenv("PATH"))
                    .with(
                            "EGRESS_JDK_DIRS",
                            Path.of(System.getProperty("java.home"))
                                    .resolveSibling(".")
                                    .toString())
                    .run("--version")
                    .ok();
            assertThat(result.out()).startsWith("egress-proxy 0.").contains("(Java 2");
            assertThat(result.err()).isEmpty();
        }
    }

    @Test
    void withoutAJdkTheLauncherSaysWhatToInstall() throws Exception {
        Path old = jdk("old", "17.0.15");
        Tool.Result result = script("egress-proxy")
                .with("JAVA_HOME", "")
                .with("PATH", old.resolve("bin") + ":/usr/bin:/bin")
                .with("EGRESS_JDK_DIRS", directory.resolve("jvm").toString())
                .run("--version");
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.err()).hasLineCount(1).contains("JDK 25");
    }

    @Test
    void theLauncherBecomesTheJavaProcessSoThatSignalsReachIt() throws Exception {
        Tool tool = script("egress-proxy")
                .with("JAVA_HOME", System.getProperty("java.home"))
                .with("EGRESS_JAVA_OPTS", "-Xmx64m -Dany=1");
        try (Child child = Child.of(tool, "--listen", "127.0.0.1:0", "--admin", "off", "--ca-ephemeral")) {
            child.port();
            assertThat(ProcessHandle.of(child.pid())
                            .orElseThrow()
                            .info()
                            .command()
                            .orElseThrow())
                    .endsWith("/java");
            child.signal("TERM");
            assertThat(child.awaitExit()).isZero();
        }
    }

    @Test
    void theLauncherHasTheProcessEndWhenTheHeapIsSpent() throws Exception {
        Tool tool = script("egress-proxy")
                .with("JAVA_HOME", System.getProperty("java.home"))
                .with("EGRESS_JAVA_OPTS", "-Xms4m -Xmx6m");
        try (Child child = Child.of(tool, "--listen", "127.0.0.1:0", "--admin", "off", "--ca-ephemeral")) {
            assertThat(child.awaitExit()).as("the JVM's status").isEqualTo(3);
        }
    }

    @Test
    void theLauncherHasTheJvmGiveUnusedMemoryBack() throws Exception {
        Tool.Result result = script("egress-proxy")
                .with("JAVA_HOME", System.getProperty("java.home"))
                .with("EGRESS_JAVA_OPTS", "-XX:+PrintFlagsFinal")
                .run("--version")
                .ok();
        assertThat(result.out()).containsPattern("TrimNativeHeapInterval += 5000 ");
        assertThat(Files.readString(Child.root().resolve("image/assemble")))
                .contains("\n-XX:TrimNativeHeapInterval=5000\n");
    }

    @Test
    void theImageAndTheDocumentedLineHaveItEndToo() throws Exception {
        for (String file : List.of("image/assemble", "README.md", "docs/running.md")) {
            assertThat(Files.readString(Child.root().resolve(file))).as(file).contains("-XX:+ExitOnOutOfMemoryError");
        }
    }

    @Test
    void theExampleShowsAnAnswerTwoBlocksAndTheInjectedCredential() throws Exception {
        Tool.Result result = script("examples/try")
                .with("JAVA_HOME", System.getProperty("java.home"))
                .run()
                .ok();
        assertThat(result.err()).isEmpty();
        assertThat(result.out())
                .containsSubsequence(
                        "# an allowed path of an allowed host",
                        "hello from the origin",
                        "# another path of it",
                        "x-egress-deny: path_not_allowed",
                        "# another host",
                        "x-egress-deny: host_not_allowed",
                        "# what the origin saw",
                        "authorization: Bearer the-real-one");
    }

    @Test
    void theExampleRoutesHold() throws Exception {
        Path routes = Child.root().resolve("examples/routes.yaml");
        Tool.Result check = script("egress-proxy")
                .with("JAVA_HOME", System.getProperty("java.home"))
                .run("check", routes.toString())
                .ok();
        assertThat(check.out()).contains("5 route(s), no mistake");
    }

    /** Every Java on this machine that is too old, if there is one, is told so in one line. */
    @Test
    void anOlderJavaIsToldInOneLine() throws Exception {
        List<Path> old = new ArrayList<>();
        for (Path parent : List.of(Path.of("/usr/lib/jvm"), Path.of("/usr/java"), Path.of("/opt"))) {
            if (Files.isDirectory(parent)) {
                try (Stream<Path> homes = Files.list(parent)) {
                    homes.map(home -> home.resolve("bin/java"))
                            .filter(Files::isExecutable)
                            .forEach(old::add);
                }
            }
        }
        for (Path java : old) {
            String version = Tool.of(java).run("-version").err();
            Tool.Result result = Tool.of(java).run("-jar", Child.jar().toString(), "--version");
            if (result.exit() != 0) {
                assertThat(result.err())
                        .describedAs(version)
                        .startsWith("egress: needs Java 25 or newer")
                        .contains("run it with /")
                        .hasLineCount(1);
                assertThat(version).doesNotContain("\"25");
            } else {
                assertThat(result.out()).describedAs(version).startsWith("egress-proxy 0.");
            }
        }
    }
}
