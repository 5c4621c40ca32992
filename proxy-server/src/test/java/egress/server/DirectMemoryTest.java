package egress.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DirectMemoryTest {
    @ParameterizedTest
    @CsvSource({
        "-Xmx64m, 1000",
        "-XX:MaxDirectMemorySize=0, 1000",
        "-XX:MaxDirectMemorySize=4096, 4096",
        "-XX:MaxDirectMemorySize=0x1000, 4096",
        "-XX:MaxDirectMemorySize=8k, 8192",
        "-XX:MaxDirectMemorySize=16M, 16777216",
        "-XX:MaxDirectMemorySize=1g, 1073741824",
        "-XX:MaxDirectMemorySize=1T, 1099511627776",
        "-XX:MaxDirectMemorySize=1g -XX:MaxDirectMemorySize=8k, 8192",
    })
    void isWhatTheLastOptionSaysOrAsMuchAsTheHeap(String options, long bytes) {
        assertThat(DirectMemory.jvmBound(List.of(options.split(" ")), 1_000)).isEqualTo(bytes);
    }
}
