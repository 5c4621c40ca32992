package egress.policy;

import java.util.List;

/**
 * What git asks of a server over HTTP (gitprotocol-http), recognised under every reading and without case: it is
 * better to take something else for git than git for something else.
 */
final class GitRules {
    private static final String INFO_REFS = "info/refs";
    private static final String RECEIVE_PACK = "git-receive-pack";
    private static final String UPLOAD_PACK = "git-upload-pack";
    private static final String UPLOAD_ARCHIVE = "git-upload-archive";

    private GitRules() {}

    /** In the order of what it takes to be allowed. */
    enum Use {
        NONE,
        FETCH,
        PUSH
    }

    /** The most that any reading of the request asks for. */
    static Use of(List<String> readings, String query) {
        Use most = Use.NONE;
        for (int i = 0; i < readings.size(); i++) {
            Use use = ofReading(readings.get(i), query);
            most = use.compareTo(most) > 0 ? use : most;
        }
        return most;
    }

    private static Use ofReading(String reading, String query) {
        int end = end(reading);
        if (endsWith(reading, end, RECEIVE_PACK)) {
            return Use.PUSH;
        }
        if (endsWith(reading, end, INFO_REFS)) {
            // A decoded question mark in the path may begin the query as well; PathReadings holds the path before it.
            return QueryForms.anyHolds(query, RECEIVE_PACK) ? Use.PUSH : Use.FETCH;
        }
        int mark = reading.indexOf('?');
        if (mark >= 0 && endsWith(reading, end(reading, mark), INFO_REFS)) {
            return QueryForms.anyHolds(reading.substring(mark), RECEIVE_PACK) ? Use.PUSH : Use.FETCH;
        }
        return endsWith(reading, end, UPLOAD_PACK) || endsWith(reading, end, UPLOAD_ARCHIVE) ? Use.FETCH : Use.NONE;
    }

    private static int end(String reading) {
        return end(reading, reading.length());
    }

    /** Before the slashes and spaces that a lenient server does not look at. */
    private static int end(String reading, int from) {
        int end = from;
        while (end > 0 && (reading.charAt(end - 1) == '/' || reading.charAt(end - 1) == ' ')) {
            end--;
        }
        return end;
    }

    private static boolean endsWith(String reading, int end, String segments) {
        int start = end - segments.length();
        return start > 0
                && reading.charAt(start - 1) == '/'
                && reading.regionMatches(true, start, segments, 0, segments.length());
    }
}
