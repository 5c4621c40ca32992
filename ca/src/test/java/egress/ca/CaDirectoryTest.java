package egress.ca;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CaDirectoryTest {
    @TempDir
    Path temporary;

    private Path directory() {
        return temporary.resolve("deep").resolve("ca");
    }

    private static CaDirectory open(Path directory) {
        return new CaDirectory(directory, InstantSource.system(), new SecureRandom());
    }

    /** What the processes of {@link #givesProcessesThatStartAtOnceTheSameAuthority} run. */
    public static final class Starter {
        private Starter() {}

        public static void main(String[] arguments) throws Exception {
            int sync = System.in.read(); // all begin together
            System.out.print(
                    sync + ":" + open(Path.of(arguments[0])).loadOrMint().fingerprint());
        }
    }

    @Test
    void mintsOnceAndReusesIt() throws Exception {
        assertThat(open(directory()).load()).isEmpty();
        Issuer first = open(directory()).loadOrMint();
        assertThat(open(directory()).loadOrMint().fingerprint()).isEqualTo(first.fingerprint());
        assertThat(open(directory()).load().orElseThrow().fingerprint()).isEqualTo(first.fingerprint());
    }

    @Test
    void keepsTheKeyFromOthersAndTheCertificateFreeOfIt() throws Exception {
        open(directory()).loadOrMint();
        assertThat(permissions(directory())).isEqualTo("rwx------");
        assertThat(permissions(directory().resolve("ca-key.pem"))).isEqualTo("rw-------");
        assertThat(Files.readString(directory().resolve("ca.pem")))
                .startsWith("-----BEGIN CERTIFICATE-----\n")
                .doesNotContain("PRIVATE");
        try (var entries = Files.list(directory())) {
            assertThat(entries.map(entry -> entry.getFileName().toString()))
                    .containsExactlyInAnyOrder("ca.pem", "ca-key.pem", ".lock");
        }
    }

    private static String permissions(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    @ParameterizedTest
    @CsvSource({"ca.pem", "ca-key.pem"})
    void refusesHalfAPairAndLeavesItAsItIs(String lost) throws Exception {
        CaDirectory directory = open(directory());
        directory.loadOrMint();
        Files.delete(directory().resolve(lost));
        for (Callable<?> attempt : List.<Callable<?>>of(directory::loadOrMint, directory::load)) {
            assertThatThrownBy(attempt::call)
                    .isInstanceOf(CaException.class)
                    .hasMessageContaining(directory().resolve(lost) + " is not")
                    .hasMessageContaining("expected: both, or neither");
        }
        assertThat(Files.exists(directory().resolve(lost))).isFalse();
    }

    @Test
    void refusesAKeyThatIsNotTheCertificates() throws Exception {
        open(directory()).loadOrMint();
        Path other = temporary.resolve("other");
        open(other).loadOrMint();
        Files.delete(directory().resolve("ca-key.pem"));
        Files.copy(other.resolve("ca-key.pem"), directory().resolve("ca-key.pem"));
        assertThatThrownBy(() -> open(directory()).loadOrMint())
                .hasMessageContaining("ca-key.pem: the private key is not that of the certificate in");
    }

    @Test
    void refusesAPathThatIsNoDirectory() throws Exception {
        Path file = Files.writeString(temporary.resolve("file"), "");
        assertThatThrownBy(() -> open(file).loadOrMint())
                .isInstanceOf(CaException.class)
                .hasMessageStartingWith(file.toString())
                .hasMessageContaining("expected: a directory");
        assertThatThrownBy(() -> open(file.resolve("below")).loadOrMint()).isInstanceOf(CaException.class);
    }

    @Test
    void givesThreadsThatStartAtOnceTheSameAuthority() throws Exception {
        int starters = 8;
        try (var executor = Executors.newFixedThreadPool(starters)) {
            CountDownLatch go = new CountDownLatch(starters);
            List<Future<String>> fingerprints = new ArrayList<>();
            for (int i = 0; i < starters; i++) {
                fingerprints.add(executor.submit(() -> {
                    go.countDown();
                    go.await();
                    return open(directory()).loadOrMint().fingerprint();
                }));
            }
            Set<String> distinct = new HashSet<>();
            for (Future<String> fingerprint : fingerprints) {
                distinct.add(fingerprint.get());
            }
            assertThat(distinct).hasSize(1);
        }
    }

    @Test
    void givesProcessesThatStartAtOnceTheSameAuthority() throws Exception {
        List<Process> processes = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            processes.add(new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-cp",
                            System.getProperty("java.class.path"),
                            Starter.class.getName(),
                            directory().toString())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start());
        }
        for (Process process : processes) {
            process.getOutputStream().write('!');
            process.getOutputStream().close();
        }
        Set<String> distinct = new HashSet<>();
        for (Process process : processes) {
            distinct.add(new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII));
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isZero();
        }
        assertThat(distinct).hasSize(1).allMatch(output -> output.matches("33:[0-9a-f]{64}"));
    }
}
