package egress.fuzz;

import static java.nio.charset.StandardCharsets.US_ASCII;

import egress.dlp.BodySource;
import egress.dlp.HeaderField;
import egress.dlp.ScanOptions;
import egress.dlp.ScanRequest;
import egress.dlp.ScanVerdict;
import egress.dlp.builtin.BuiltInScanner;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.List;

/** A known secret that stands in plain sight between any bytes, on a line of its own, never gets a clean verdict. */
public final class NormaliserFuzz {
    private static final byte[] SECRET = "v7Qp-2kLmZ0xR9tWc4Hd".getBytes(US_ASCII);
    private static final BuiltInScanner SCANNER = new BuiltInScanner(List.of(SECRET), new byte[32], Runnable::run);

    private NormaliserFuzz() {}

    /** @param input its first octet says how many of the rest stand before the secret */
    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length == 0) {
            return;
        }
        int before = Math.min(input[0] & 0xff, input.length - 1);
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        body.writeBytes(Arrays.copyOfRange(input, 1, 1 + before));
        body.writeBytes("\n".getBytes(US_ASCII));
        body.writeBytes(SECRET);
        body.writeBytes("\n".getBytes(US_ASCII));
        body.writeBytes(Arrays.copyOfRange(input, 1 + before, input.length));
        String type = input.length % 2 == 0 ? "text/plain" : "application/json";
        ScanVerdict verdict = SCANNER.scanNow(new ScanRequest(
                "api.example",
                "POST",
                "/v1",
                List.of(new HeaderField("content-type", type)),
                BodySource.of(body.toByteArray()),
                List.of(),
                ScanOptions.defaults()));
        if (verdict instanceof ScanVerdict.Clean) {
            throw new AssertionError("clean, with the secret in it");
        }
    }
}
