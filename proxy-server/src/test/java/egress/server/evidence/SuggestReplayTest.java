package egress.server.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import egress.policy.Policy;
import egress.server.flows.Flow;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever log it is made of, a suggested file passes it whole, and little else. */
class SuggestReplayTest {
    private static final List<String> WORDS = List.of(
            "v1", "v2", "api", "models", "messages", "files", "users", "repos", "content", "search", "simple", "team");
    private static final List<String> METHODS = List.of("GET", "GET", "GET", "POST", "PUT", "DELETE", "HEAD");

    /** A service with a few endpoints, of which some have places for names or ids. */
    private static List<String> endpoints(Random random) {
        List<String> endpoints = new ArrayList<>();
        for (int i = 0; i < 1 + random.nextInt(6); i++) {
            StringBuilder path = new StringBuilder();
            for (int depth = 0; depth < 1 + random.nextInt(4); depth++) {
                path.append('/')
                        .append(
                                switch (random.nextInt(6)) {
                                    case 0 -> "{number}";
                                    case 1 -> "{hex}";
                                    case 2 -> "{name}";
                                    default -> WORDS.get(random.nextInt(WORDS.size()));
                                });
            }
            endpoints.add(
                    METHODS.get(random.nextInt(METHODS.size())) + " " + path + (random.nextInt(5) == 0 ? "/" : ""));
        }
        return endpoints;
    }

    private static String filled(String path, Random random) {
        return path.replace("{number}", Integer.toString(random.nextInt(100_000)))
                .replace("{hex}", "%016x1a".formatted(random.nextLong()))
                .replace("{name}", "n" + (char) ('a' + random.nextInt(26)) + (char) ('a' + random.nextInt(26)) + "%2e");
    }

    private static List<Flow> log(Random random) {
        TestFlows flows = new TestFlows();
        List<Flow> log = new ArrayList<>();
        for (int h = 0; h < 1 + random.nextInt(5); h++) {
            String host = "https://host" + h + ".example" + (random.nextInt(4) == 0 ? ":8443" : "");
            for (String endpoint : endpoints(random)) {
                String method = endpoint.substring(0, endpoint.indexOf(' '));
                int times = 1 + random.nextInt(8);
                for (int i = 0; i < times; i++) {
                    String path = filled(endpoint.substring(endpoint.indexOf(' ') + 1), random);
                    log.add(flows.allowed(method, host + path + (random.nextBoolean() ? "?page=" + i : "")));
                }
            }
        }
        return log;
    }

    private static String suggested(List<Flow> log, Suggestions.Options options) {
        Suggestions suggestions = new Suggestions(options);
        log.forEach(suggestions::add);
        return suggestions.yaml();
    }

    private static Replay replay(List<Flow> log, Policy policy) {
        Replay replay = new Replay(policy);
        log.forEach(replay::add);
        return replay;
    }

    @Test
    void aSuggestedFilePassesItsLogWhole() {
        for (long seed = 1; seed <= 300; seed++) {
            List<Flow> log = log(new Random(seed));
            String yaml = suggested(log, Suggestions.Options.EVERYTHING_SEEN);
            Replay replay = replay(log, EvidenceFiles.parse("seed " + seed, yaml));
            assertThat(replay.lines()).as("seed %d: %s", seed, yaml).contains("%7d as before".formatted(log.size()));
            assertThat(replay.status()).isEqualTo(Replay.SAME);
        }
    }

    @Test
    void ofALogThatSawEverythingTwiceNothingIsCommentedOut() {
        for (long seed = 1; seed <= 50; seed++) {
            List<Flow> log = log(new Random(seed));
            List<Flow> twice = new ArrayList<>(log);
            twice.addAll(log);
            String yaml = suggested(twice, Suggestions.Options.DEFAULT);
            assertThat(yaml).as("seed %d", seed).doesNotContain("seen once:");
            assertThat(replay(twice, EvidenceFiles.parse("seed " + seed, yaml)).status())
                    .isEqualTo(Replay.SAME);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void andDeniesNinetyNineInAHundredOfWhatIsLikeIt(long seed) {
        List<Flow> log = log(new Random(seed));
        Policy policy = EvidenceFiles.parse("seed " + seed, suggested(log, Suggestions.Options.EVERYTHING_SEEN));
        List<String> allowed = new Mutations(log, seed).allowed(policy, 10_000);
        assertThat(allowed.size())
                .as(
                        "seed %d let through %s",
                        seed, allowed.stream().distinct().limit(20).toList())
                .isLessThanOrEqualTo(100);
    }

    @Test
    void whatIsCommentedOutIsAllThatItsLogLacks() {
        for (long seed = 1; seed <= 100; seed++) {
            List<Flow> log = log(new Random(seed));
            String yaml = suggested(log, Suggestions.Options.DEFAULT);
            Replay replay = replay(log, EvidenceFiles.parse("seed " + seed, yaml));
            assertThat(replay.opened() + replay.undecidable()).isZero();
            if (replay.closed() > 0) {
                assertThat(yaml.toLowerCase(Locale.ROOT)).as("seed %d", seed).contains("# ", "once");
            }
        }
    }
}
