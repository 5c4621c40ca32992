package egress.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DescriptorsTest {
    @ParameterizedTest
    @CsvSource({
        "10000, 1000000, 80, 10000",
        "10000, 300, 80, 91",
        "10, 300, 80, 10",
        "10000, 1024, 80, 440",
        "5, 40, 80, 1"
    })
    void halfOfWhatIsLeftIsForCallers(int asked, long limit, long open, int connections) {
        assertThat(Descriptors.connections(asked, limit, open)).isEqualTo(connections);
    }

    @Test
    void readsTheSoftLimit() {
        String line = "Max open files            300                  20000                files     ";
        assertThat(Descriptors.limit(List.of("Limit  Soft Limit", line))).hasValue(300);
        assertThat(Descriptors.limit(List.of(line.replace("300 ", "unlimited "))))
                .isEmpty();
        assertThat(Descriptors.limit(List.of())).isEmpty();
    }
}
