package egress.abuse;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Known vulnerabilities without a network: no dependency of the program is older than the floors that are kept here with reasons. */
class DependencyFloorsTest {
    /** …/group/as/directories/artifact/version/artifact-version[-classifier].jar, the layout of Maven's local repository. */
    private static final Pattern JAR = Pattern.compile(".*/repository/(.+)/([^/]+)/([^/]+)/[^/]+\\.jar");

    /** What only tests need; it is in no jar of ours. */
    private static final List<String> TESTS_ONLY = List.of(
            "org.junit",
            "org.assertj",
            "org.opentest4j",
            "org.apiguardian",
            "net.bytebuddy",
            "com.code-intelligence",
            "com.github.madgnome",
            "com.tngtech",
            "io.grpc",
            "com.google.code.gson",
            "com.google.errorprone",
            "com.google.android",
            "org.codehaus.mojo",
            "com.google.guava",
            "com.google.j2objc",
            "org.checkerframework",
            "com.google.code.findbugs",
            "com.google.api.grpc",
            "com.google.protobuf",
            "io.opentelemetry.proto",
            "io.perfmark",
            "org.apache",
            "org.openjdk.jmh");

    private record Artifact(String group, String name, String version) {}

    private record Floor(String group, String name, String version, String why) {
        boolean isFor(Artifact artifact) {
            return group.equals(artifact.group()) && (name.equals("*") || name.equals(artifact.name()));
        }
    }

    private static List<Artifact> onTheClassPath() {
        String path = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        List<Artifact> all = new ArrayList<>();
        for (String entry : path.split(Pattern.quote(System.getProperty("path.separator")), -1)) {
            Matcher jar = JAR.matcher(entry.replace('\\', '/'));
            if (jar.matches()) {
                all.add(new Artifact(jar.group(1).replace('/', '.'), jar.group(2), jar.group(3)));
            }
        }
        return all;
    }

    private static List<Floor> floors() throws IOException {
        try (var in = DependencyFloorsTest.class.getResourceAsStream("/dependency-floors.csv")) {
            return new String(java.util.Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .map(line -> {
                        String[] cells = line.split(",", 3);
                        String[] artifact = cells[0].split(":", 2);
                        return new Floor(artifact[0], artifact[1], cells[1], cells[2]);
                    })
                    .toList();
        }
    }

    @Test
    void noDependencyIsOlderThanItsFloorAndEachHasOne() throws IOException {
        List<Floor> floors = floors();
        List<Artifact> shipped = onTheClassPath().stream()
                .filter(artifact -> TESTS_ONLY.stream().noneMatch(artifact.group()::startsWith))
                .toList();
        assertThat(shipped).as("jars on the class path").hasSizeGreaterThan(15);
        List<String> wrong = new ArrayList<>();
        for (Artifact artifact : shipped) {
            Optional<Floor> floor = floors.stream()
                    .filter(each -> each.isFor(artifact))
                    .reduce((a, b) -> a.name().equals("*") ? b : a);
            if (floor.isEmpty()) {
                wrong.add(artifact + " has no floor in dependency-floors.csv");
            } else if (compare(artifact.version(), floor.get().version()) < 0) {
                wrong.add(artifact + " (expected: at least " + floor.get().version() + ": "
                        + floor.get().why() + ")");
            }
        }
        assertThat(wrong).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "4.2.20.Final,4.2.8.Final,1",
        "4.2.8.Final,4.2.8.Final,0",
        "4.1.124.Final,4.2.8.Final,-1",
        "1.85,1.79,1",
        "1.5.5-1,1.5.5-11,-1",
        "2.22.4,2.18.6,1",
        "2.9,2.18.6,-1"
    })
    void comparesVersionsByTheirNumbers(String version, String floor, int sign) {
        assertThat(Integer.signum(compare(version, floor))).isEqualTo(sign);
    }

    private static int compare(String version, String floor) {
        List<Integer> a = numbers(version);
        List<Integer> b = numbers(floor);
        for (int i = 0; i < Math.max(a.size(), b.size()); i++) {
            int order = Integer.compare(i < a.size() ? a.get(i) : 0, i < b.size() ? b.get(i) : 0);
            if (order != 0) {
                return order;
            }
        }
        return 0;
    }

    private static List<Integer> numbers(String version) {
        return Stream.of(version.split("[.-]", -1))
                .filter(part -> part.matches("[0-9]+"))
                .map(Integer::valueOf)
                .toList();
    }

    /** The repository's layout is a habit of Maven's; the jars say the same. */
    @Test
    void theJarsAreWhatTheirPathsSay() {
        String path = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        List<String> netty = Stream.of(path.split(Pattern.quote(System.getProperty("path.separator")), -1))
                .filter(entry -> entry.contains("netty-codec-http2"))
                .toList();
        assertThat(netty).isNotEmpty();
        for (String jar : netty) {
            try (JarFile file = new JarFile(Path.of(jar).toFile())) {
                assertThat(Files.exists(Path.of(jar))).isTrue();
                assertThat(file.getManifest().getMainAttributes().getValue("Implementation-Version"))
                        .isNotNull()
                        .satisfies(version -> assertThat(jar).contains(version));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
