package egress.fuzz;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import egress.http.RequestTarget;
import egress.policy.PathReadings;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;

/** Targets and the ways to read them: what Java's own URI makes of a path is among our readings. */
public final class TargetFuzz {
    private TargetFuzz() {}

    public static void fuzzerTestOneInput(byte[] input) {
        String raw = new String(input, ISO_8859_1);
        RequestTarget target;
        List<String> readings;
        try {
            target = RequestTarget.parse(raw);
            readings = PathReadings.of(target.path());
        } catch (IllegalArgumentException e) {
            return;
        }
        if (!raw.equals(target.raw())) {
            throw new AssertionError("changed on its way: " + target.raw());
        }
        if (target.isAsterisk()) {
            return;
        }
        for (String reading : readings) {
            if (!reading.startsWith("/")) {
                throw new AssertionError("a reading that is no path: " + reading);
            }
        }
        if (!readings.contains(target.path())) {
            throw new AssertionError("not among its own readings: " + target.path());
        }
        javaReads(target.path(), readings);
    }

    private static void javaReads(String path, List<String> readings) {
        URI uri;
        try {
            uri = new URI("https://a" + path).normalize();
        } catch (URISyntaxException e) {
            return;
        }
        String read = uri.getRawPath();
        if (read != null && read.startsWith("/") && !read.startsWith("/..") && !readings.contains(read)) {
            throw new AssertionError(path + " is " + read + " to java.net.URI (expected: one of " + readings + ")");
        }
    }
}
