package egress.server.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class DidYouMeanTest {
    private static final List<String> NAMES = List.of("--routes", "--log-format", "host", "matches", "dlp", "auth");

    @ParameterizedTest
    @CsvSource({
        "--rotues,--routes",
        "--route,--routes",
        "--ROUTES,--routes",
        "--logformat,--log-format",
        "hots,host",
        "hosts,host",
        "mathces,matches",
        "dpl,dlp",
        "surprise,",
        "x,",
        "'',"
    })
    void theNearestNameIsMeantWhereOneIsNear(String typed, String meant) {
        assertThat(DidYouMean.nearest(typed, NAMES).orElse(null)).isEqualTo(meant);
    }

    @Test
    void aMistakeIsACharacterOrTwoThatChangedPlaces() {
        assertThat(DidYouMean.mistakes("routes", "routes")).isZero();
        assertThat(DidYouMean.mistakes("rotues", "routes")).isEqualTo(1);
        assertThat(DidYouMean.mistakes("rtes", "routes")).isEqualTo(2);
        assertThat(DidYouMean.mistakes("", "abc")).isEqualTo(3);
    }
}
