package egress.server;

import static org.assertj.core.api.Assertions.assertThat;

import egress.testkit.Tool;
import java.io.IOException;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code egress-proxy aot} in a checkout of its own, and the launcher, which takes no cache but the one of its very jar. */
final class AotIT {
    @TempDir
    private Path checkout;

    private Path target;

    @BeforeEach
    void layOut() throws IOException {
        target = Files.createDirectories(checkout.resolve("proxy-server/target"));
        Files.createDirectory(checkout.resolve("bin"));
        for (String file : List.of("egress-proxy", "bin/find-jdk")) {
            Files.copy(Child.root().resolve(file), checkout.resolve(file), StandardCopyOption.COPY_ATTRIBUTES);
        }
        Files.copy(Child.jar(), target.resolve("egress-proxy.jar"));
    }

    private Tool launcher() {
        return Tool.of(checkout.resolve("egress-proxy")).with("JAVA_HOME", System.getProperty("java.home"));
    }

    private List<Path> caches() throws IOException {
        try (Stream<Path> files = Files.list(target)) {
            return files.filter(file -> file.toString().endsWith(".aot")).toList();
        }
    }

    /** Whether the gate that the launcher starts has mapped a cache. */
    private boolean usesACache() throws Exception {
        try (Child child = Child.of(launcher(), "--listen", "127.0.0.1:0", "--admin", "off", "--ca-ephemeral")) {
            child.port();
            boolean uses =
                    Files.readString(Path.of("/proc/" + child.pid() + "/maps")).contains(".aot");
            child.signal("TERM");
            assertThat(child.awaitExit()).isZero();
            return uses;
        }
    }

    @Test
    void theLauncherTakesTheCacheOfItsJarAndNoOther() throws Exception {
        Path stale = Files.writeString(target.resolve("egress-proxy-" + "0".repeat(64) + ".aot"), "of another jar");
        assertThat(usesACache()).as("with the cache of another jar").isFalse();

        Tool.Result made = launcher().run("aot", "--training", "1s").ok();
        assertThat(made.out()).startsWith("made " + target).contains("-XX:AOTCache=" + target, " -jar " + target);
        assertThat(stale).doesNotExist();
        assertThat(caches()).hasSize(1);
        assertThat(usesACache()).as("with its own").isTrue();

        URI jar = URI.create("jar:" + target.resolve("egress-proxy.jar").toUri());
        try (FileSystem inside = FileSystems.newFileSystem(jar, Map.of())) {
            Files.writeString(inside.getPath("/rebuilt"), "anew");
        }
        assertThat(usesACache()).as("after the jar was built anew").isFalse();
    }

    @Test
    void whatCannotBeMadeIsSaidInOneLineAndLeavesNothing() throws Exception {
        Tool.Result result = launcher().run("aot", "--training", "1s", "--out", "/nowhere/at/all.aot");
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.err()).hasLineCount(1).startsWith("egress: ").contains("/nowhere/at");
        assertThat(caches()).isEmpty();
    }
}
