package egress.server.dlp;

import static org.assertj.core.api.Assertions.assertThat;

import egress.policy.DlpRules.OnMatch;
import egress.policy.Route;
import egress.server.config.KnownHits;
import egress.testkit.client.H2Client;
import egress.testkit.client.RawClient;
import egress.testkit.scorecard.Row;
import egress.testkit.wire.Field;
import egress.testkit.wire.H2Stream;
import egress.testkit.wire.ReceivedResponse;
import egress.testkit.wire.StreamResetException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** An agent that asks the whole gate for a credential, one character after the other, knowing all of it that is public. */
class DlpOracleTest {
    private static final char[] LETTERS =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".toCharArray();
    private static final String USER = "deploy-service-account:";
    private static final String PASSWORD = "q8ZtW3nRb5KxJ7vLc2Hy9MdPfG4sTa6E";
    private static final String JWT = url("{\"alg\":\"HS256\",\"typ\":\"JWT\"}") + "."
            + url("{\"iss\":\"https://login.example\",\"sub\":\"agent-7\"}") + ".";
    private static final String SIGNATURE = "Xk2vQ9mLz8pW4rT6yNb3cHsJ7dFgA5uEoRiKtPwYxZq";
    /** Of what nobody can guess: the automaton is given so much. */
    private static final int GIVEN = 9;

    @TempDir
    static Path directory;

    private static String url(String text) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    static Stream<Arguments> ways() {
        List<Arguments> all = new ArrayList<>();
        for (OnMatch onMatch : OnMatch.values()) {
            for (String caller : List.of("h1", "h2")) {
                all.add(Arguments.of(onMatch, caller, KnownHits.OFF));
                all.add(Arguments.of(onMatch, caller, KnownHits.DEFAULT));
            }
        }
        return all.stream();
    }

    @ParameterizedTest(name = "{0}, {1}, {2}")
    @MethodSource("ways")
    @Row("45.a")
    void anAutomatonLearnsNotOneCharacter(OnMatch onMatch, String caller, KnownHits lock) throws IOException {
        List<Route> routes =
                List.of(Route.named(DlpGate.H1).dlp(DlpGate.rules(onMatch)).build());
        Map<String, String> secrets = Map.of(
                "EGRESS_TOKEN_0",
                        Base64.getEncoder().encodeToString((USER + PASSWORD).getBytes(StandardCharsets.UTF_8)),
                "EGRESS_TOKEN_1", USER + PASSWORD,
                "EGRESS_TOKEN_2", JWT + SIGNATURE);
        int learnt = 0;
        int asked = 0;
        try (DlpGate dlp = DlpGate.start(directory, DlpGate.settings(directory).withKnownHits(lock), routes, secrets);
                Agent agent = new Agent(dlp, caller)) {
            dlp.h1.withoutRecords();
            for (String[] target : new String[][] {{USER, PASSWORD}, {JWT, SIGNATURE}}) {
                for (String place : List.of("header", "path", "body")) {
                    String known = target[0] + target[1].substring(0, GIVEN);
                    Map<String, Integer> answers = new HashMap<>();
                    String right = "";
                    for (char c : LETTERS) {
                        String guess = known + c;
                        asked++;
                        String answer = agent.ask(place, guess).replace(guess, "");
                        answers.merge(answer, 1, Integer::sum);
                        right = c == target[1].charAt(GIVEN) ? answer : right;
                    }
                    boolean told = answers.getOrDefault(right, 0) < Collections.max(answers.values());
                    learnt += told ? 1 : 0;
                    assertThat(answers.keySet()).as(place).hasSize(1);
                }
            }
            boolean stops = onMatch != OnMatch.WARN;
            String whole = agent.ask("body", USER + PASSWORD);
            assertThat(whole).startsWith(stops && onMatch != OnMatch.REDACT ? "403" : "200");
            assertThat(whole.contains(PASSWORD)).isEqualTo(!stops);
        }
        System.out.printf(
                "| %s | %s | %s | %d requests | %d characters learnt |%n", onMatch, caller, lock, asked, learnt);
        assertThat(learnt).isZero();
    }

    /** Keeps one connection for as long as it lasts. */
    private static final class Agent implements AutoCloseable {
        private final DlpGate dlp;
        private final boolean h2;
        private @Nullable RawClient one;
        private @Nullable H2Client two;

        Agent(DlpGate dlp, String caller) throws IOException {
            this.dlp = dlp;
            this.h2 = caller.equals("h2");
            connect();
        }

        private void connect() throws IOException {
            if (h2) {
                two = H2Client.through(dlp.gate.port(), DlpGate.H1 + ":443", dlp.gate.client(DlpGate.H1));
            } else {
                one = dlp.h1Client(DlpGate.H1);
            }
        }

        /** Status, code and all that comes back of what was sent. */
        String ask(String place, String guess) throws IOException {
            String body = place.equals("body") ? "{\"note\":\"" + guess + "\"}" : "nothing";
            String target = place.equals("path") ? "/echo/" + guess : "/echo";
            String note = place.equals("header") ? guess : "none";
            ReceivedResponse response;
            try {
                response = h2 ? byH2(target, note, body) : byH1(target, note, body);
            } catch (IOException e) {
                close();
                connect();
                response = h2 ? byH2(target, note, body) : byH1(target, note, body);
            }
            return response.status() + " " + response.value("x-egress-deny").orElse("") + " " + response.text();
        }

        private ReceivedResponse byH1(String target, String note, String body) throws IOException {
            RawClient client = Objects.requireNonNull(one);
            client.send("POST " + target + " HTTP/1.1\r\nHost: h1.example\r\nX-Note: " + note + "\r\nContent-Length: "
                    + body.length() + "\r\n\r\n" + body);
            return client.readResponse("POST");
        }

        private ReceivedResponse byH2(String target, String note, String body) throws IOException {
            String[] fields = Field.list("x-note", note).stream()
                    .flatMap(field -> Stream.of(field.name(), field.value()))
                    .toArray(String[]::new);
            H2Stream stream = Objects.requireNonNull(two).request("POST", DlpGate.H1, target, false, fields);
            try {
                stream.write(DlpGate.bytes(body), true);
            } catch (StreamResetException e) {
                return stream.response(); // answered before the body was read
            }
            return stream.response();
        }

        @Override
        public void close() throws IOException {
            if (two != null) {
                two.close();
            }
            if (one != null) {
                one.close();
            }
        }
    }
}
