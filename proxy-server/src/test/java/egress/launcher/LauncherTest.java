package egress.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
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
        assertThat(Launcher.refusal(specification, version, "/opt/java"))
                .isEqualTo("egress: needs Java 25 or newer, and this is Java " + version
                        + " (/opt/java): use ./egress-proxy, which finds a newer one, or set JAVA_HOME.");
    }

    @Test
    void aNewEnoughJavaIsNotRefused() {
        assertThat(Launcher.refusal("25", "25", "/opt/java")).isNull();
        assertThat(Launcher.refusal("31", "31.0.1", "/opt/java")).isNull();
    }
}
