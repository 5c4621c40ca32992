package egress.dlp.builtin;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import egress.dlp.BodySource;
import egress.dlp.HeaderField;
import egress.dlp.Pace;
import egress.dlp.ScanOptions;
import egress.dlp.ScanRequest;
import egress.dlp.ScanVerdict;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A scan that nobody waits for ends at once, whatever the body is made of. */
class PaceTest {
    private static final int SIZE = 1 << 20;
    private static final long MOST_NANOS = 50_000_000;

    private final BuiltInScanner scanner =
            new BuiltInScanner(List.of("a-secret-that-is-known".getBytes(UTF_8)), new byte[32], Runnable::run);

    /** Bodies that are dear, each in its own way. */
    enum Kind {
        NESTED_GZIP,
        BASE64_OF_BASE64,
        HEX,
        PERCENT,
        FORM,
        JSON,
        MULTIPART,
        MARKUP,
        ESCAPES,
        DIGITS,
        NOISE,
        PREFIXES;

        byte[] body() {
            Random random = new Random(name().hashCode());
            ByteArrayOutputStream out = new ByteArrayOutputStream(SIZE + 4096);
            while (out.size() < SIZE) {
                out.writeBytes(piece(random));
            }
            return out.toByteArray();
        }

        private byte[] piece(Random random) {
            byte[] noise = new byte[600];
            random.nextBytes(noise);
            String text = Base64.getEncoder().encodeToString(noise);
            return switch (this) {
                case NESTED_GZIP -> gzip(gzip(gzip(gzip(gzip(noise)))));
                case BASE64_OF_BASE64 ->
                    (Base64.getEncoder()
                                            .encodeToString(
                                                    latin(Base64.getEncoder().encodeToString(latin(text)))) + " ")
                            .getBytes(ISO_8859_1);
                case HEX -> latin(HexFormat.of().formatHex(noise) + "\n");
                case PERCENT -> latin("%" + HexFormat.ofDelimiter("%").formatHex(noise));
                case FORM -> latin("a" + random.nextInt(100) + "=" + text.substring(0, 20) + "&");
                case JSON -> latin("[\"" + text.substring(0, 20) + "\",{\"k\":\"" + text.substring(20, 30) + "\"},");
                case MULTIPART ->
                    latin("--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n" + text.substring(0, 40) + "\r\n");
                case MARKUP -> latin("<a href=\"" + text.substring(0, 9) + "\">" + text.substring(9, 19) + "</a>");
                case ESCAPES -> latin("\\u0041\\x42&#67;&amp;=44");
                case DIGITS -> latin(random.nextInt(256) + ", " + random.nextInt(256) + ", ");
                case NOISE -> noise;
                case PREFIXES ->
                    latin("ghp_" + text.substring(0, 30) + " sk-ant-" + text.substring(30, 60) + " password=x9 ");
            };
        }

        private static byte[] latin(String text) {
            return text.getBytes(ISO_8859_1);
        }

        private static byte[] gzip(byte[] bytes) {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
                gzip.write(bytes);
            } catch (IOException e) {
                throw new AssertionError(e);
            }
            return out.toByteArray();
        }
    }

    /** Of this thread: what else the machine does is not the scanner's doing. */
    private static long cpuNanos() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    private static ScanRequest request(BodySource body) {
        return new ScanRequest(
                "a.example",
                "POST",
                "/",
                List.of(new HeaderField("content-type", "application/octet-stream")),
                body,
                List.of(),
                ScanOptions.defaults());
    }

    private static BodySource inPieces(byte[] body) {
        List<byte[]> pieces = new ArrayList<>();
        for (int at = 0; at < body.length; at += 60_000) {
            pieces.add(Arrays.copyOfRange(body, at, Math.min(body.length, at + 60_000)));
        }
        return BodySource.of(pieces);
    }

    @ParameterizedTest
    @EnumSource
    void isAskedOftenEnough(Kind kind) {
        byte[] body = kind.body();
        scanner.scanNow(request(BodySource.of(Arrays.copyOf(body, 200_000))));
        for (BodySource source : List.of(inPieces(body), BodySource.of(body))) {
            long[] gaps = new long[1 << 16];
            int[] count = {0};
            AtomicLong last = new AtomicLong(cpuNanos());
            Pace pace = () -> {
                long now = cpuNanos();
                long gap = now - last.getAndSet(now);
                gaps[Math.min(count[0]++, gaps.length - 1)] = gap;
                return true;
            };
            scanner.scan(request(source), pace).toCompletableFuture().join();
            Arrays.sort(gaps);
            // The longest few are the virtual machine's own doing.
            assertThat(gaps[gaps.length - 3])
                    .as("%s, %d asks, nanoseconds", kind, count[0])
                    .isLessThan(MOST_NANOS / 2);
        }
    }

    @ParameterizedTest
    @EnumSource
    void endsWhenItIsTold(Kind kind) {
        byte[] body = kind.body();
        AtomicBoolean ends = new AtomicBoolean();
        AtomicLong asked = new AtomicLong();
        AtomicLong told = new AtomicLong();
        Pace pace = () -> {
            if (asked.incrementAndGet() == 2) {
                ends.set(true);
                told.set(cpuNanos());
            }
            return !ends.get();
        };
        ScanVerdict verdict = scanner.scan(request(inPieces(body)), pace)
                .toCompletableFuture()
                .join();
        long took = cpuNanos() - told.get();
        assertThat(verdict).isNotInstanceOf(ScanVerdict.Clean.class);
        assertThat(asked.get()).isGreaterThanOrEqualTo(2);
        assertThat(took).as("nanoseconds to its end").isLessThan(MOST_NANOS);
    }

    @Test
    void whatIsNotToldToEndIsScannedToItsEnd() {
        byte[] body = Kind.JSON.body();
        AtomicLong asked = new AtomicLong();
        Pace counting = () -> asked.incrementAndGet() > 0;
        ScanVerdict verdict = scanner.scan(request(inPieces(body)), counting)
                .toCompletableFuture()
                .join();
        assertThat(verdict).isInstanceOf(ScanVerdict.Clean.class);
        assertThat(asked.get()).isGreaterThan(SIZE / 16384L);
    }
}
