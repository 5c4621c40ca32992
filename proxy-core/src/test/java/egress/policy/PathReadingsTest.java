package egress.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class PathReadingsTest {
    @ParameterizedTest
    @CsvSource({
        "/, /",
        "/v1/messages, /v1/messages",
        "/a.b/c..d/e., /a.b/c..d/e.",
        "/.well-known/x, /.well-known/x",
        "/@scope%2fname, /@scope%2fname /@scope/name",
        "/a%20b, /a%20b|/a b",
        "/100%25, /100%25 /100%",
        "/a;v=1/b, /a;v=1/b /a/b",
        "/v1/../admin, /v1/../admin /admin",
        "/a//b, /a//b /a/b",
    })
    void listsTheReadings(String path, String readings) {
        assertThat(PathReadings.of(path))
                .containsExactlyInAnyOrder(readings.split(readings.contains("|") ? "\\|" : " "));
        assertThat(PathReadings.of(path).getFirst()).isEqualTo(path);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/v1/../admin",
                "/v1/%2e%2e/admin",
                "/v1/.%2e/admin",
                "/v1/%2E./admin",
                "/v1%2f..%2fadmin",
                "/v1//../../admin",
                "/v1/..\\admin",
                "/v1\\..\\admin",
                "/v1/..%5cadmin",
                "/v1%5c..%5cadmin",
                "/v1/%252e%252e/admin",
                "/v1/%252e%252e%252fadmin",
                "/v1%252f..%252fadmin",
                "/v1/..;/admin",
                "/v1/..;a=b/admin",
                "/v1/..%3b/admin",
                "/v1/..%253b/admin",
                "/v1/;x/../../admin",
                "/v1/./../admin",
                "/v1/%2e/%2e%2e/admin",
                "/v1/x/../../admin",
                "/../v1/../admin",
                "/v1/%5c../../admin",
                "/v1/..%2f%2fadmin",
                "/;/v1/../admin",
                "/v1/x/%2e%2e/%2e%2e/admin",
                "/v1/..%ef%bc%8fadmin",
                "/v1/%ef%bc%8e%ef%bc%8e/admin",
                "/v1/..%ef%bc%bcadmin",
                "/v1/%e2%80%a4%e2%80%a4/admin",
                "/v1/..%25ef%25bc%258fadmin",
                "/v1/..%e2%88%95admin",
                "/v1/..%ef%bc%9bx/admin",
                "/v1/%ef%bc%852e./admin",
                "/v1/../admin%3fx",
                "/v1/%2e%2e/admin%23/v1",
                "/v1//../admin",
                "/a/%2f../../admin"
            })
    void seesTheAdminBehind(String path) {
        assertThat(PathReadings.of(path)).contains("/admin");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/%",
                "/%2",
                "/%zz",
                "/a%",
                "/%00",
                "/%2500",
                "/%0d%0a",
                "/%250d",
                "/%c0%af",
                "/%25c0%25af",
                "/%ff",
                "/%c3",
                "/\u00e9",
                "/ ",
                "/a\tb",
                "/a\u0000",
                "/a?b",
                "/a#b",
                "/%u002e",
                "/%ed%a0%80"
            })
    void refusesWhatNoOriginShouldRead(String path) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PathReadings.of(path))
                .withMessageContaining("expected: ");
    }

    @Test
    void readsAPlainPathInOneWayWithoutACopy() {
        String path = new String("/v1/messages/batches.json");
        assertThat(PathReadings.isPlain(path)).isTrue();
        assertThat(PathReadings.of(path)).hasSize(1).first().isSameAs(path);
    }

    @Test
    void isBoundedForWorstCases() {
        String mixed = "/a;b//c\\d/../e%2fg%252f%3b%253b%5c%255c/%2e%2e%252e/%ef%bc%8f%3f";
        String whole = mixed.repeat(60_000 / mixed.length());
        for (String path : List.of(mixed, mixed + mixed, whole, "/..".repeat(20_000), "/%252f".repeat(10_000))) {
            long start = System.nanoTime();
            try {
                assertThat(PathReadings.of(path)).hasSizeLessThanOrEqualTo(128);
            } catch (IllegalArgumentException e) {
                assertThat(e).hasMessageContaining("ways to read it");
            }
            assertThat(System.nanoTime() - start).isLessThan(10_000_000_000L);
        }
    }

    /** What the contract names: 0, 1 and 2 decodings, each followed by any selection of the normalisations in order. */
    @Test
    void holdsTheWholeProductForRandomPaths() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        String[] parts = {
            "/", "//", "x", "y", ".", "..", "\\", ";x", "%2f", "%2e", "%5c", "%3b", "%252f", "%252e", "%25", "%7e"
        };
        int judged = 0;
        for (int i = 0; i < 20_000; i++) {
            StringBuilder path = new StringBuilder("/");
            for (int k = random.nextInt(9); k >= 0; k--) {
                path.append(parts[random.nextInt(parts.length)]);
            }
            String sent = path.toString();
            List<String> readings;
            try {
                readings = PathReadings.of(sent);
            } catch (IllegalArgumentException e) {
                assertThat(e).as("seed %d: %s", seed, sent).hasMessageContaining("ways to read it");
                continue;
            }
            judged++;
            for (int decodings = 0; decodings <= 2; decodings++) {
                String decoded = sent;
                for (int d = 0; d < decodings; d++) {
                    decoded = decoded(decoded);
                }
                for (int chosen = 0; chosen < 16; chosen++) {
                    assertThat(readings).as("seed %d: %s", seed, sent).contains(normalised(decoded, chosen));
                }
            }
        }
        assertThat(judged).as("seed %d", seed).isGreaterThan(19_000);
    }

    private static String decoded(String text) {
        String escaped = text.replace("+", "%2B").replaceAll("%(?![0-9a-fA-F]{2})", "%25");
        return URLDecoder.decode(escaped, StandardCharsets.UTF_8);
    }

    private static String normalised(String path, int chosen) {
        String result = (chosen & 1) == 0 ? path : path.replaceAll("\\\\", "/");
        result = (chosen & 2) == 0 ? result : result.replaceAll("/+", "/");
        result = (chosen & 4) == 0 ? result : result.replaceAll(";[^/]*", "");
        return (chosen & 8) == 0 ? result : withoutDots(result);
    }

    /** The loop of RFC 3986 §5.2.4, word for word. */
    private static String withoutDots(String path) {
        String input = path;
        StringBuilder output = new StringBuilder();
        while (!input.isEmpty()) {
            if (input.startsWith("/./")) {
                input = input.substring(2);
            } else if (input.equals("/.")) {
                input = "/";
            } else if (input.startsWith("/../") || input.equals("/..")) {
                input = "/" + (input.length() > 3 ? input.substring(4) : "");
                output.setLength(Math.max(0, output.lastIndexOf("/")));
            } else {
                int next = input.indexOf('/', 1);
                output.append(next < 0 ? input : input.substring(0, next));
                input = next < 0 ? "" : input.substring(next);
            }
        }
        return output.toString();
    }
}
