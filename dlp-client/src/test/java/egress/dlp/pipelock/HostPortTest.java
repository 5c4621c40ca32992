package egress.dlp.pipelock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HostPortTest {
    @ParameterizedTest
    @CsvSource({
        "http://127.0.0.1:8888, 127.0.0.1:8888, 127.0.0.1",
        "http://pipelock, pipelock:80, pipelock",
        "http://dlp_pipelock:8888, dlp_pipelock:8888, dlp_pipelock",
        "http://dlp_pipelock_1.internal/api, dlp_pipelock_1.internal:80, dlp_pipelock_1.internal",
        "http://[::1]:8888, [::1]:8888, ::1"
    })
    void isReadFromAUrlWhateverItsName(String url, String printed, String address) {
        HostPort at = Objects.requireNonNull(HostPort.of(URI.create(url)));

        assertThat(at).hasToString(printed);
        assertThat(at.address()).isEqualTo(address);
        PipelockSettings.of(PipelockMode.SCAN, URI.create(url), "token");
    }

    @ParameterizedTest
    @ValueSource(strings = {"http:/x", "http://a@b_c:1", "http://a_b:0", "http://a_b:70000", "http://a_b:x", "x"})
    void isNoneWhereThereIsNoHostOrMore(String url) {
        assertThat(HostPort.of(URI.create(url))).isNull();
        assertThatThrownBy(() -> PipelockSettings.of(PipelockMode.SCAN, URI.create(url), "token"))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
