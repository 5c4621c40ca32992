package egress.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ToolTest {
    private final Tool shell = Tool.require("sh", "every POSIX system has one");

    @TempDir
    private Path folder = Path.of(".");

    @Test
    void capturesWhatAProgramSaysAndHowItEnds() throws IOException, InterruptedException {
        Tool.Result result =
                shell.with("WORD", "hello").in(folder).runWithInput("input", "-c", "cat; echo $WORD >&2; pwd; exit 3");
        assertThat(result.exit()).isEqualTo(3);
        assertThat(result.out())
                .startsWith("input")
                .contains(folder.toRealPath().toString());
        assertThat(result.err()).isEqualTo("hello\n");
        assertThatThrownBy(result::ok)
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("exit 3")
                .hasMessageContaining("hello");
    }

    @Test
    void failsTheTestWhenAProgramIsMissing() {
        assertThatThrownBy(() -> Tool.require("no-such-program", "apt-get install no-such-program"))
                .isInstanceOf(AssertionError.class)
                .hasMessage(
                        "this test needs no-such-program, which is not on the PATH: apt-get install no-such-program");
    }

    @Test
    void killsAProgramThatDoesNotEndWithItsChildren() {
        assertThatThrownBy(() -> shell.within(Duration.ofMillis(300)).run("-c", "echo begun; sleep 60 & wait"))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("begun")
                .hasMessageContaining("killed after");
    }

    @Test
    void aHangupEndsAProgramThoughTheBuildIgnoresHangups() throws Exception {
        Object before = handleHangup(
                Class.forName("sun.misc.SignalHandler").getField("SIG_IGN").get(null));
        try {
            Tool.Result result = shell.run("-c", "kill -HUP $$; echo survived");
            assertThat(result.out()).isEmpty();
            assertThat(result.exit()).isEqualTo(129);
        } finally {
            handleHangup(before);
        }
    }

    /** By reflection, since javac has a warning for {@code sun.misc.Signal} that cannot be suppressed. */
    private static Object handleHangup(Object handler) throws ReflectiveOperationException {
        Class<?> signal = Class.forName("sun.misc.Signal");
        return signal.getMethod("handle", signal, Class.forName("sun.misc.SignalHandler"))
                .invoke(null, signal.getConstructor(String.class).newInstance("HUP"), handler);
    }

    @Test
    void passesNoProxySettingOfTheMachineOn() throws IOException, InterruptedException {
        assertThat(shell.run("-c", "env").ok().out().toLowerCase(Locale.ROOT))
                .doesNotContain("https_proxy=")
                .doesNotContain("java_tool_options=");
    }
}
