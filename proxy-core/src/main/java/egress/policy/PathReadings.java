package egress.policy;

import egress.http.PercentDecoder;
import egress.http.Printable;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * Every reading an origin could make of a path: after 0, 1 and 2 percent-decodings, and with each of the normalisations
 * applied or not, in any order and between the decodings too. What policy allows, it allows under all of them.
 */
public final class PathReadings {
    /** More than any honest path has; a path with more is refused. */
    private static final int MOST = 128;

    /** Characters in all readings together: a long path may have fewer of them, so that none costs much. */
    private static final int MOST_CHARACTERS = 1 << 20;

    private static final int DECODINGS = 2;

    private static final List<UnaryOperator<String>> NORMALISATIONS = List.of(
            PathReadings::backslashesAsSlashes,
            PathReadings::slashesCollapsed,
            PathReadings::parametersDropped,
            PathReadings::dotSegmentsResolved,
            PathReadings::endedByDecodedMarks,
            PathReadings::lookalikesFolded);

    /** Full-width and other forms that best-fit conversions turn into the ASCII ones. */
    private static final String LOOKALIKES = "\uff0f\u2044\u2215\uff3c\u2216\uff0e\u2024\uff1b\uff05\uff1f\uff03";

    private static final String FOLDED = "///\\\\..;%?#";

    private PathReadings() {}

    /** Whether the path can be read in one way alone: as it is. */
    public static boolean isPlain(String path) {
        for (int i = 0; i < path.length(); i++) {
            char c = path.charAt(i);
            if (c == '%' || c == '\\' || c == ';' || c <= ' ' || c >= 0x7f || c == '?' || c == '#') {
                return false;
            }
            if (c == '/' && i + 1 < path.length() && (path.charAt(i + 1) == '/' || path.charAt(i + 1) == '.')) {
                return false;
            }
        }
        return true;
    }

    /**
     * The distinct readings, as sent first.
     *
     * @param path the path of a request target, without its query
     * @throws IllegalArgumentException with a sentence: raw or decoded control characters, non-ASCII as it is, broken
     *     percent-encoding, decoded bytes that are no UTF-8, or more readings than any honest path has
     */
    public static List<String> of(String path) {
        if (isPlain(path)) {
            return List.of(path);
        }
        checkRaw(path);
        Set<String> all = new LinkedHashSet<>();
        Set<String> level = new LinkedHashSet<>(List.of(path));
        for (int decodings = 0; ; decodings++) {
            close(level, path);
            all.addAll(level);
            checkCount(all.size(), path);
            if (decodings == DECODINGS) {
                return List.copyOf(all);
            }
            Set<String> decoded = new LinkedHashSet<>();
            for (String reading : level) {
                decoded.add(decodings == 0 ? PercentDecoder.decode(reading) : PercentDecoder.decodeAgain(reading));
            }
            level = decoded;
        }
    }

    private static void checkRaw(String path) {
        for (int i = 0; i < path.length(); i++) {
            char c = path.charAt(i);
            if (c <= ' ' || c >= 0x7f) {
                throw refused(path, "no spaces, control characters or non-ASCII");
            }
            if (c == '?' || c == '#') {
                throw refused(path, "a path without query or fragment");
            }
        }
    }

    /** Adds what the normalisations make of the readings, and of each other's results. */
    private static void close(Set<String> readings, String path) {
        Deque<String> pending = new ArrayDeque<>(readings);
        for (String reading = pending.poll(); reading != null; reading = pending.poll()) {
            for (UnaryOperator<String> normalisation : NORMALISATIONS) {
                String result = normalisation.apply(reading);
                if (readings.add(result)) {
                    pending.add(result);
                }
            }
            checkCount(readings.size(), path);
        }
    }

    private static void checkCount(int readings, String path) {
        int most = Math.min(MOST, MOST_CHARACTERS / path.length());
        if (readings > Math.max(most, 1)) {
            throw refused(path, "at most " + most + " ways to read it");
        }
    }

    private static String backslashesAsSlashes(String path) {
        return path.replace('\\', '/');
    }

    private static String slashesCollapsed(String path) {
        if (!path.contains("//")) {
            return path;
        }
        StringBuilder collapsed = new StringBuilder(path.length());
        for (int i = 0; i < path.length(); i++) {
            if (path.charAt(i) != '/' || i == 0 || path.charAt(i - 1) != '/') {
                collapsed.append(path.charAt(i));
            }
        }
        return collapsed.toString();
    }

    /** Path parameters as servlet containers drop them: from a semicolon to the end of the segment. */
    private static String parametersDropped(String path) {
        if (path.indexOf(';') < 0) {
            return path;
        }
        StringBuilder kept = new StringBuilder(path.length());
        boolean parameter = false;
        for (int i = 0; i < path.length(); i++) {
            char c = path.charAt(i);
            parameter = c == ';' || (parameter && c != '/');
            if (!parameter) {
                kept.append(c);
            }
        }
        return kept.toString();
    }

    /** RFC 3986 §5.2.4; nothing is above the root. */
    private static String dotSegmentsResolved(String path) {
        if (!path.contains("/.")) {
            return path;
        }
        String[] segments = path.split("/", -1);
        List<String> kept = new ArrayList<>(segments.length);
        for (int i = 1; i < segments.length; i++) {
            String segment = segments[i];
            boolean up = segment.equals("..");
            if (up && !kept.isEmpty()) {
                kept.removeLast();
            }
            if (!up && !segment.equals(".")) {
                kept.add(segment);
            } else if (i == segments.length - 1) {
                kept.add("");
            }
        }
        return segments[0] + "/" + String.join("/", kept);
    }

    /** An origin that decodes before it looks for the query ends the path at a decoded question mark. */
    private static String endedByDecodedMarks(String path) {
        for (int i = 0; i < path.length(); i++) {
            if (path.charAt(i) == '?' || path.charAt(i) == '#') {
                return path.substring(0, i);
            }
        }
        return path;
    }

    private static String lookalikesFolded(String path) {
        StringBuilder folded = null;
        for (int i = 0; i < path.length(); i++) {
            int form = path.charAt(i) < 0x80 ? -1 : LOOKALIKES.indexOf(path.charAt(i));
            if (form >= 0) {
                folded = folded == null ? new StringBuilder(path) : folded;
                folded.setCharAt(i, FOLDED.charAt(form));
            }
        }
        return folded == null ? path : folded.toString();
    }

    private static IllegalArgumentException refused(String path, String expected) {
        return new IllegalArgumentException("path: " + Printable.quote(path) + " (expected: " + expected + ")");
    }
}
