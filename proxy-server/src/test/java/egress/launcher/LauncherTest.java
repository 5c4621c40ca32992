package egress.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class LauncherTest {
    @ParameterizedTest
    @CsvSource({"1.8,8", "9,9", "11,11", "17,17", "24,24", "25,25", "26,26", "nonsense,0", "'',0"})
    void readsTheVersionOfEveryJava(String specification, int major) {
        assertThat(Launcher.majorVersion(specification)).isEqualTo(major);
    }

    @ParameterizedTest
    @CsvSource({"1.8,1.8.0_442", "17,17.0.15", "24,24.0.2"})
    void anOlderJavaIsToldInOneLineWhichItTakes(String specification, String version) {
        assertThat(Launcher.refusal(specification, version, "/opt/java", Map.of("EGRESS_JDK_DIRS", "/nowhere")))
                .isEqualTo("egress: needs Java 25 or newer, and this is Java " + version
                        + " (/opt/java): install one (a package such as openjdk-25-jre-headless or temurin-25-jre)");
    }

    @ParameterizedTest
    @CsvSource({"25,true", "25.0.3,true", "26-ea,true", "24.0.2,false", "1.8.0_442,false", "'',false"})
    void aNewerOneOnTheMachineIsNamedByItsPath(String version, boolean found, @TempDir Path jvms) throws IOException {
        Path java = Files.createDirectories(jvms.resolve("some-java/bin")).resolve("java");
        Files.createFile(java, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
        Files.writeString(jvms.resolve("some-java/release"), "JAVA_VERSION=\"" + version + "\"\n");
        String words = Launcher.refusal("17", "17.0.15", "/opt/java", Map.of("EGRESS_JDK_DIRS", jvms.toString()));
        assertThat(words).hasLineCount(1);
        if (found) {
            assertThat(words).endsWith("(/opt/java): run it with " + java);
        } else {
            assertThat(words).contains("install one");
        }
    }

    @Test
    void aNewEnoughJavaIsNotRefused() {
        assertThat(Launcher.refusal("25", "25", "/opt/java", Map.of())).isNull();
        assertThat(Launcher.refusal("31", "31.0.1", "/opt/java", Map.of())).isNull();
    }
}
