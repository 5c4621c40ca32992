package egress.fuzz;

import egress.dlp.BodySource;
import egress.dlp.HeaderField;
import egress.dlp.ScanOptions;
import egress.dlp.ScanRequest;
import egress.dlp.builtin.BuiltInScanner;
import java.util.Arrays;
import java.util.List;

/** Bodies in any coding and of any type, well-formed or not: always a verdict. */
public final class DecoderFuzz {
    private static final List<String> CODINGS =
            List.of("gzip", "deflate", "br", "zstd", "gzip, gzip", "br, gzip", "x-gzip", "identity");
    private static final List<String> TYPES = List.of(
            "application/json",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=b",
            "text/plain",
            "application/grpc",
            "");
    private static final BuiltInScanner SCANNER = new BuiltInScanner(
            List.of("a-known-secret-0123".getBytes(java.nio.charset.StandardCharsets.US_ASCII)),
            new byte[32],
            Runnable::run);

    private DecoderFuzz() {}

    /** @param input its first octet says coding and type, the rest is the body */
    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length == 0) {
            return;
        }
        int choice = input[0] & 0xff;
        SCANNER.scanNow(new ScanRequest(
                "api.example",
                "POST",
                "/v1",
                List.of(
                        new HeaderField("content-encoding", CODINGS.get(choice % CODINGS.size())),
                        new HeaderField("content-type", TYPES.get(choice / CODINGS.size() % TYPES.size()))),
                BodySource.of(Arrays.copyOfRange(input, 1, input.length)),
                List.of(),
                ScanOptions.defaults()));
    }
}
