package egress.upstream.tls;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;

/** Origins that the JDK's TLS is tried with. */
class JdkOriginsTest {
    @Test
    void areRememberedForAWhileAndNoMoreThanABound() {
        Instant[] now = {Instant.EPOCH};
        InstantSource clock = () -> now[0];
        JdkOrigins origins = new JdkOrigins(clock);
        origins.add("a.example", 443);

        assertThat(origins.has("a.example", 443)).isTrue();
        assertThat(origins.has("a.example", 8443)).isFalse();
        now[0] = now[0].plusSeconds(3_601);
        assertThat(origins.has("a.example", 443)).isFalse();

        for (int i = 0; i < 257; i++) {
            origins.add(i + ".example", 443);
        }
        assertThat(origins.has("0.example", 443)).isFalse();
        assertThat(origins.has("256.example", 443)).isTrue();
    }
}
