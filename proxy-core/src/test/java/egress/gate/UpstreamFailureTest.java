package egress.gate;

import static org.assertj.core.api.Assertions.assertThat;

import egress.exchange.Limits;
import egress.exchange.Timeouts;
import egress.policy.Credential;
import egress.policy.Route;
import egress.testkit.Alpn;
import egress.testkit.TestCa;
import egress.testkit.TestLeaf;
import egress.testkit.origin.ConnectionFault;
import egress.testkit.origin.H1Fault;
import egress.testkit.origin.H2Fault;
import egress.testkit.origin.H2FieldFault;
import egress.testkit.origin.H2Flood;
import egress.testkit.origin.HostileOrigin;
import egress.testkit.wire.ReceivedResponse;
import egress.upstream.UpstreamConfig;
import egress.upstream.UpstreamTimeouts;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever an origin does, the caller gets a whole answer, a 502 or 504, or a response that is visibly broken. */
class UpstreamFailureTest {
    /** The limits of the gate for origins that stall. An answer may miss them where a machine is busy. */
    private static final Duration SHORT = Duration.ofMillis(900);

    /** The limits of the gate for origins that answer, or break, at once. */
    private static final Duration LONG = Duration.ofSeconds(30);

    /** A 200 whose head is in order and whose body then is not. */
    private static final Set<H1Fault> BROKEN_BODY = EnumSet.of(
            H1Fault.TRUNCATED_BODY,
            H1Fault.UNFINISHED_CHUNK,
            H1Fault.NO_LAST_CHUNK,
            H1Fault.UNFINISHED_TRAILERS,
            H1Fault.CHUNK_SIZE_IS_NO_NUMBER,
            H1Fault.CHUNK_SIZE_WITH_0X,
            H1Fault.CHUNK_SIZE_NEGATIVE,
            H1Fault.CHUNK_SIZE_BEYOND_63_BITS,
            H1Fault.CHUNK_LONGER_THAN_ITS_SIZE,
            H1Fault.CHUNK_WITH_BARE_LF,
            H1Fault.ENDLESS_CHUNK_EXTENSION,
            H1Fault.OVERSIZED_TRAILERS);

    /** What a proxy mends in a response; once, as the kept connection of such an origin answers nothing more. */
    private static final Set<H1Fault> MENDED = EnumSet.of(H1Fault.SPACE_BEFORE_THE_COLON, H1Fault.OBS_FOLD);

    /** A whole answer, after which the connection is good for nothing. */
    private static final Set<H1Fault> GOOD_ONCE = EnumSet.of(
            H1Fault.BODY_AFTER_204, H1Fault.BODY_AFTER_304, H1Fault.TWO_RESPONSES, H1Fault.BYTES_AFTER_THE_RESPONSE);

    @TempDir
    static Path directory;

    private static final List<HostileOrigin> hostile = new ArrayList<>();
    private static Gate impatient;
    private static Gate patient;

    @BeforeAll
    static void start() throws IOException {
        TestCa ca = TestCa.create("origins");
        Path trusted = ca.writePem(directory.resolve("origins.pem"));
        Gate.Builder impatiently = builder(trusted, SHORT);
        Gate.Builder patiently = builder(trusted, LONG);
        for (ConnectionFault fault : ConnectionFault.values()) {
            add(List.of(impatiently, patiently), ca, fault, Alpn.H1);
        }
        for (H1Fault fault : H1Fault.values()) {
            add(List.of(impatiently, patiently), ca, fault, Alpn.H1);
        }
        for (H2Fault fault : H2Fault.values()) {
            add(List.of(impatiently, patiently), ca, fault, Alpn.H2);
        }
        for (H2FieldFault fault : H2FieldFault.values()) {
            add(List.of(impatiently, patiently), ca, fault, Alpn.H2);
        }
        for (H2Flood fault : H2Flood.values()) {
            add(List.of(impatiently, patiently), ca, fault, Alpn.H2);
        }
        impatient = impatiently.start();
        patient = patiently.start();
        impatient.upstreams().trustedRoots().toCompletableFuture().join(); // it has a time limit too
    }

    private static Gate.Builder builder(Path trusted, Duration limit) {
        return Gate.builder()
                .trust(trusted)
                .timeouts(new Timeouts(
                        Duration.ofSeconds(10), Duration.ofSeconds(10), limit, limit, LONG, Duration.ofSeconds(1)))
                .limits(Limits.DEFAULT)
                .upstream(UpstreamConfig.DEFAULTS.withTimeouts(
                        UpstreamTimeouts.DEFAULTS.withHandshake(limit.plusMillis(600))));
    }

    private static <F extends Enum<F> & HostileOrigin.Script> void add(
            List<Gate.Builder> builders, TestCa ca, F fault, Alpn alpn) throws IOException {
        TestLeaf leaf = ca.leaf(host("h1", fault), host("h2", fault));
        for (String version : new String[] {"h1", "h2"}) {
            HostileOrigin origin = HostileOrigin.tls(leaf, alpn, fault);
            hostile.add(origin);
            for (Gate.Builder builder : builders) {
                builder.route(Route.named(host(version, fault))
                                .credential(Credential.authorization("Bearer", "injected"))
                                .build())
                        .pin(host(version, fault), 443, origin.port());
            }
        }
    }

    private static Gate gate(Enum<?> fault) {
        boolean stalls = fault instanceof ConnectionFault connection && connection.hangs()
                || fault == H2Fault.NO_SETTINGS
                || fault == H2Fault.DATA_BEYOND_THE_WINDOW;
        return stalls ? impatient : patient;
    }

    /** An origin for the callers of each version, since tests of both run at the same time. */
    private static String host(String version, Enum<?> fault) {
        return version + "-" + fault.name().toLowerCase(Locale.ROOT).replace('_', '-') + "."
                + fault.getDeclaringClass().getSimpleName().toLowerCase(Locale.ROOT) + ".example";
    }

    @AfterAll
    static void stop() throws IOException {
        for (Gate gate : List.of(impatient, patient)) {
            gate.awaitQuiet();
            gate.close();
        }
        for (HostileOrigin origin : hostile) {
            origin.close();
        }
        hostile.clear();
    }

    private static Stream<Arguments> withVersions(Enum<?>[] faults) {
        return Stream.of("h1", "h2").flatMap(version -> Stream.of(faults).map(f -> Arguments.of(version, f)));
    }

    static Stream<Arguments> connectionFaults() {
        return withVersions(ConnectionFault.values());
    }

    /** What is legal happens once: the kept connection of such an origin answers nothing more. */
    static Stream<Arguments> h1Faults() {
        return withVersions(H1Fault.values())
                .filter(a -> "h2".equals(a.get()[0]) || a.get()[1] != H1Fault.INTERIM_WITH_A_LENGTH)
                .filter(a -> "h1".equals(a.get()[0]) || !MENDED.contains((H1Fault) a.get()[1]));
    }

    static Stream<Arguments> h2Faults() {
        return withVersions(H2Fault.values());
    }

    static Stream<Arguments> h2FieldFaults() {
        return withVersions(H2FieldFault.values());
    }

    static Stream<Arguments> h2Floods() {
        return withVersions(H2Flood.values()).filter(a -> "h2".equals(a.get()[0]));
    }

    private static void assertRefused(Call call, int status, String code) throws IOException {
        ReceivedResponse response = call.response();
        assertThat(response.status()).as(response.text()).isEqualTo(status);
        assertThat(response.value("x-egress-deny")).contains(code);
        assertThat(response.text()).startsWith("egress: ").endsWith("\n");
    }

    @ParameterizedTest
    @MethodSource("connectionFaults")
    @Execution(ExecutionMode.CONCURRENT) // they wait for time limits
    void anOriginThatGoesAwayOrSilent(String version, ConnectionFault fault) throws IOException {
        try (Caller caller = Caller.through(gate(fault), version, host(version, fault))) {
            Call call = caller.get("/");
            if (fault == ConnectionFault.CLOSE_AFTER_RESPONSE || fault == ConnectionFault.RESET_AFTER_RESPONSE) {
                assertThat(call.response().text()).isEqualTo("whole");
            } else if (fault.afterResponseHead()) {
                assertThat(call.status()).isEqualTo(200);
                call.awaitBroken();
            } else if (fault.hangs()) {
                assertRefused(call, 504, "upstream_timeout");
            } else {
                ReceivedResponse response = call.response();
                assertThat(response.status()).isEqualTo(502);
                assertThat(response.value("x-egress-deny"))
                        .hasValueSatisfying(code ->
                                assertThat(code).isIn("upstream_unreachable", "upstream_untrusted", "upstream_closed"));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("h1Faults")
    @Execution(ExecutionMode.CONCURRENT)
    void anH1OriginThatBreaksTheProtocol(String version, H1Fault fault) throws IOException {
        try (Caller caller = Caller.through(gate(fault), version, host(version, fault))) {
            Call call = caller.get("/");
            if (BROKEN_BODY.contains(fault)) {
                if (call.status() == 200) { // unless the fault was there before the head went on
                    call.awaitBroken();
                } else {
                    assertThat(call.status()).isEqualTo(502);
                }
            } else if (MENDED.contains(fault)) {
                assertThat(call.response().text()).isEqualTo("hello");
            } else if (GOOD_ONCE.contains(fault)) {
                assertGoodOnce(caller, call, fault);
            } else if (fault == H1Fault.INTERIM_WITH_A_LENGTH) {
                ReceivedResponse response = call.response();
                assertThat(response.text()).isEqualTo("hello");
                assertThat(response.interims().getFirst().fields()).isEmpty();
            } else if (fault == H1Fault.INTERIM_THEN_NOTHING || fault == H1Fault.HTTP_0_9) {
                assertThat(call.response().status()).isEqualTo(502);
            } else {
                assertRefused(call, 502, "upstream_malformed");
            }
        }
    }

    private static void assertGoodOnce(Caller caller, Call call, H1Fault fault) throws IOException {
        for (Call each = call; ; each = caller.get("/again")) {
            ReceivedResponse response = each.response();
            switch (fault) {
                case BODY_AFTER_204 -> assertThat(response.status()).isEqualTo(204);
                case BODY_AFTER_304 -> assertThat(response.status()).isEqualTo(304);
                default -> assertThat(response.text()).isEqualTo("hello");
            }
            assertThat(response.value("x-forged")).isEmpty();
            if (each != call) {
                return;
            }
        }
    }

    @ParameterizedTest
    @MethodSource("h2Faults")
    @Execution(ExecutionMode.CONCURRENT) // they wait for time limits
    void anH2OriginThatIsOddOrBreaksTheProtocol(String version, H2Fault fault) throws IOException {
        try (Caller caller = Caller.through(gate(fault), version, host(version, fault))) {
            if (fault == H2Fault.GOAWAY_BELOW_THE_SECOND_STREAM) {
                assertThat(caller.get("/first").response().text()).isEqualTo("good");
            }
            Call call = caller.get("/");
            int status = call.status();
            if (fault.legal()) {
                assertThat(status).isEqualTo(200);
                assertThat(call.read(4)).isEqualTo("good");
                assertThat(call.read(new byte[1])).isEqualTo(-1);
            } else if (status == 200) {
                if (fault == H2Fault.DATA_AFTER_END_STREAM) {
                    assertThat(call.read(4)).isEqualTo("good");
                    assertThat(call.read(new byte[1])).isEqualTo(-1);
                } else {
                    call.awaitBroken();
                }
            } else {
                assertThat(status).isIn(502, 504);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("h2FieldFaults")
    @Execution(ExecutionMode.CONCURRENT)
    void anH2OriginWhoseFieldsAreMalformed(String version, H2FieldFault fault) throws IOException {
        try (Caller caller = Caller.through(gate(fault), version, host(version, fault))) {
            Call call = caller.get("/");
            int status = call.status();
            if (fault == H2FieldFault.SPACE_AROUND_A_VALUE) {
                assertThat(status).isEqualTo(200);
                assertThat(call.field("x-a")).contains("b");
                assertThat(call.read(5)).isEqualTo("hello");
            } else if (status == 200) {
                call.awaitBroken();
            } else {
                assertThat(status).isEqualTo(502);
                assertThat(call.field("x-egress-deny")).contains("upstream_malformed");
                call.read(1);
            }
        }
        try (Caller caller = Caller.through(gate(fault), version, host(version, fault))) {
            assertThat(caller.get("/good").response().text()).isEqualTo("good");
        }
    }

    @ParameterizedTest
    @MethodSource("h2Floods")
    void anH2OriginThatFloods(String version, H2Flood flood) throws IOException {
        try (Caller caller = Caller.through(gate(flood), version, host(version, flood))) {
            Call call = caller.get("/");
            if (flood == H2Flood.INTERIM) {
                assertThat(call.response().status()).isEqualTo(502);
            } else if (call.status() == 200) {
                call.awaitBroken();
            } else {
                assertThat(call.status()).isIn(502, 504);
            }
        }
    }
}
