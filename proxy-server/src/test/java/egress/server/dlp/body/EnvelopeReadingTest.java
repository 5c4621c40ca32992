package egress.server.dlp.body;

import static org.assertj.core.api.Assertions.assertThat;

import egress.dlp.Pace;
import egress.dlp.Place;
import egress.dlp.Profile;
import egress.dlp.ScanVerdict;
import egress.dlp.builtin.BuiltInScanner;
import egress.exchange.ByteBudget;
import egress.policy.DlpRules;
import egress.server.dlp.judge.Readings;
import egress.server.dlp.judge.RouteScanPolicy;
import egress.server.dlp.judge.Scanners;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each byte of a stream of messages is scanned, also what says how long they are. */
class EnvelopeReadingTest {
    private static final int SECRET = 20;

    private static byte[] wire(Random random) {
        ByteBuffer out = ByteBuffer.allocate(100_000);
        for (int i = 0; i < 4; i++) {
            byte[] payload = new byte[random.nextInt(5) == 0 ? 20_000 : 1 + random.nextInt(300)];
            random.nextBytes(payload);
            out.put((byte) 0).putInt(payload.length).put(payload);
        }
        return Arrays.copyOf(out.array(), out.position());
    }

    private static ScanVerdict scan(byte[] wire, byte[] secret, int most, int piece) {
        BuiltInScanner made = new BuiltInScanner(List.of(secret), new byte[32], Runnable::run);
        Scanners.BuiltIn scanner =
                new Scanners.BuiltIn(CompletableFuture.completedFuture(new Scanners.Faces(made, made)));
        RouteScanPolicy plan = RouteScanPolicy.of(DlpRules.DEFAULT, Set.of(), Profile.BALANCED);
        Readings readings = new Readings(Optional.of(scanner), plan, new Place.Message(), List.of());
        EnvelopeSlicer slicer = new EnvelopeSlicer(new ByteBudget(1 << 20), most, true, 1, Optional.empty());
        List<ScanVerdict> verdicts = new ArrayList<>();
        for (int at = 0; at < wire.length; at += piece) {
            int n = Math.min(piece, wire.length - at);
            slicer.put(
                    Unpooled.wrappedBuffer(wire, at, n),
                    slice -> verdicts.add(readings.read(
                            slice.payload(), slice.wire().length, slice.ends(), new Readings.Texts(false), Pace.FREE)));
        }
        return verdicts.stream()
                .filter(verdict -> !(verdict instanceof ScanVerdict.Clean))
                .findFirst()
                .orElse(ScanVerdict.clean());
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void seesASecretWhereverItStandsOnTheWire(long seed) {
        Random random = new Random(seed);
        byte[] wire = wire(random);
        int second = 5 + ByteBuffer.wrap(wire).getInt(1);
        for (int round = 0; round < 30; round++) {
            // Most of them over a border of messages, the length among them.
            int at = round < 22 ? second - SECRET + round : random.nextInt(wire.length - SECRET);
            int from = Math.clamp(at, 0, wire.length - SECRET);
            byte[] secret = Arrays.copyOfRange(wire, from, from + SECRET);
            assertThat(scan(wire, secret, 100_000, 1 + random.nextInt(3000)))
                    .as("seed %d, at %d, a message ends at %d", seed, from, second)
                    .isInstanceOf(ScanVerdict.Found.class);
        }
    }

    @Test
    void refusesFlagsThatARequestMustNotHave() {
        for (int flags : new int[] {2, 4, 0x40, 0x80, 0x81, 0xff}) {
            byte[] wire = {(byte) flags, 0, 0, 0, 1, 'x'};
            assertThat(scan(wire, new byte[SECRET], 1000, 6))
                    .as("flags %d", flags)
                    .isInstanceOfSatisfying(
                            ScanVerdict.Refused.class,
                            refused -> assertThat(refused.reason()).isEqualTo(ScanVerdict.Reason.UNDECODABLE));
        }
    }
}
