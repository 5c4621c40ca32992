package egress.policy;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * What git asks of a server over HTTP: smart and dumb (gitprotocol-http), LFS (its API and the transfers that it points
 * to) and WebDAV (git-http-push). Recognised under every reading and without case; a false match is better than a
 * missed one.
 */
final class GitRules {
    private static final String RECEIVE_PACK = "git-receive-pack";
    private static final String BATCH = "/objects/batch";
    private static final String LFS_TYPE = "vnd.git-lfs";

    /** They change nothing (RFC 9110 §9.2.1, RFC 4918 §9.1, RFC 3253 §3.6, RFC 5323). */
    private static final Set<String> SAFE = Set.of("GET", "HEAD", "OPTIONS", "PROPFIND", "REPORT", "SEARCH");

    /** WebDAV's own (RFC 4918 §9), which only a repository or a share of files knows. */
    private static final Set<String> DAV =
            Set.of("MKCOL", "LOCK", "UNLOCK", "MOVE", "COPY", "PROPPATCH", "MKACTIVITY", "BIND", "REBIND", "UNBIND");

    /** What a repository holds beside {@code refs/} (gitrepository-layout), and the ends of a server's own. */
    private static final Set<String> IN_REPOSITORY = Set.of(
            "head",
            "info",
            "objects",
            "refs",
            "packed-refs",
            "config",
            "description",
            "logs",
            "index",
            "shallow",
            "hooks",
            "modules",
            "worktrees",
            "lfs",
            "gitlab-lfs");

    private static final Set<String> IN_OBJECTS = Set.of("packs", "alternates", "http-alternates", "commit-graph");
    private static final Set<String> IN_LFS = Set.of("objects", "locks", "verify");

    /** How much the methods of a request may change. */
    private record Means(boolean writes, boolean writesFiles, boolean dav, boolean onlyPosts) {
        static Means of(List<String> methods) {
            boolean writes = false;
            boolean writesFiles = false;
            boolean dav = false;
            boolean onlyPosts = true;
            for (String method : methods) {
                String name = method.toUpperCase(Locale.ROOT);
                boolean safe = SAFE.contains(name);
                boolean davWrite = DAV.contains(name);
                writes |= !safe;
                dav |= davWrite;
                writesFiles |= davWrite || name.equals("PUT") || name.equals("DELETE");
                onlyPosts &= safe || name.equals("POST");
            }
            return new Means(writes, writesFiles, dav, onlyPosts);
        }

        Use transfer() {
            return writes ? Use.PUSH : Use.FETCH;
        }

        /** Of what is asked for by POST, be it only to read. */
        Use question() {
            return onlyPosts ? Use.FETCH : Use.PUSH;
        }
    }

    private GitRules() {}

    /** In the order of what it takes to be allowed. */
    enum Use {
        NONE,
        FETCH,
        PUSH;

        Use or(Use other) {
            return compareTo(other) >= 0 ? this : other;
        }
    }

    /** The most that any reading of the request asks for, by any of its methods. */
    static Use of(List<String> methods, List<String> readings, String query, HttpHeaders fields) {
        Use most = Use.NONE;
        Means means = null;
        for (int i = 0; i < readings.size(); i++) {
            String reading = readings.get(i).toLowerCase(Locale.ROOT);
            if (mayBeGit(reading)) {
                means = means == null ? Means.of(methods) : means;
                most = most.or(ofReading(means, reading, query));
            }
        }
        if (most == Use.NONE && isLfs(fields)) {
            return Means.of(methods).transfer();
        }
        return most;
    }

    /** Whether a reading is the batch endpoint of git LFS, where the body decides. */
    static boolean isBatch(List<String> readings) {
        for (int i = 0; i < readings.size(); i++) {
            String reading = readings.get(i).toLowerCase(Locale.ROOT);
            if (reading.contains(BATCH)
                    && (trimmed(reading).endsWith(BATCH)
                            || trimmed(beforeMark(reading)).endsWith(BATCH))) {
                return true;
            }
        }
        return false;
    }

    /** Whether it is worth taking apart: every path of git's holds one of these. */
    private static boolean mayBeGit(String reading) {
        return reading.contains("git")
                || reading.contains("lfs")
                || reading.contains("objects")
                || reading.endsWith("head")
                || reading.contains("refs")
                || reading.contains("info/");
    }

    private static boolean isLfs(HttpHeaders fields) {
        return isLfs(fields, HttpHeaderNames.ACCEPT) || isLfs(fields, HttpHeaderNames.CONTENT_TYPE);
    }

    private static boolean isLfs(HttpHeaders fields, CharSequence name) {
        Iterator<? extends CharSequence> types = fields.valueCharSequenceIterator(name);
        while (types.hasNext()) {
            if (AsciiString.containsIgnoreCase(types.next(), LFS_TYPE)) {
                return true;
            }
        }
        return false;
    }

    private static Use ofReading(Means means, String reading, String query) {
        // A decoded question mark in the path may begin the query as well; PathReadings holds the path before it.
        String path = trimmed(beforeMark(reading));
        String asked = path.length() < reading.length() ? query + "&" + reading.substring(path.length()) : query;
        if (path.endsWith("/" + RECEIVE_PACK)) {
            return Use.PUSH;
        }
        if (path.endsWith("/info/refs")) {
            return QueryForms.anyHolds(asked, RECEIVE_PACK) ? Use.PUSH : means.question();
        }
        if (path.endsWith("/git-upload-pack") || path.endsWith("/git-upload-archive") || path.endsWith(BATCH)) {
            return means.question();
        }
        return ofSegments(means, segments(path));
    }

    private static Use ofSegments(Means means, List<String> segments) {
        Use most = Use.NONE;
        for (int i = 0; i < segments.size(); i++) {
            most = most.or(ofSegment(means, segments.get(i), segments.subList(i + 1, segments.size())));
        }
        return most;
    }

    /** @param below the segments that follow it */
    private static Use ofSegment(Means means, String segment, List<String> below) {
        if (segment.endsWith(".git")) {
            return inRepository(means, below);
        }
        if (below.isEmpty()) {
            return ofLast(means, segment);
        }
        String next = below.getFirst();
        if (isLfsName(segment) && (IN_LFS.contains(next) || below.stream().anyMatch(GitRules::isLongName))) {
            return next.equals("locks") ? Use.PUSH : means.transfer();
        }
        return switch (segment) {
            case "objects" -> inObjects(means, next, below);
            case "refs" -> means.writesFiles ? Use.PUSH : Use.NONE;
            case "info" ->
                means.dav || means.writesFiles && (next.equals("refs") || IN_OBJECTS.contains(next))
                        ? Use.PUSH
                        : Use.NONE;
            default -> Use.NONE;
        };
    }

    /** All branches at once, by what holds them: of a repository that has no {@code .git} in its path. */
    private static Use ofLast(Means means, String segment) {
        return switch (segment) {
            case "refs", "packed-refs" -> means.writesFiles ? Use.PUSH : Use.NONE;
            case "objects", "head" -> means.dav ? Use.PUSH : Use.NONE;
            default -> Use.NONE;
        };
    }

    private static Use inRepository(Means means, List<String> below) {
        boolean known = !below.isEmpty()
                && (IN_REPOSITORY.contains(below.getFirst()) || below.getFirst().endsWith("_head"));
        if (known) {
            return means.transfer();
        }
        return means.writesFiles ? Use.PUSH : Use.NONE;
    }

    private static Use inObjects(Means means, String next, List<String> below) {
        boolean loose = next.length() == 2 && isHex(next);
        boolean listed = next.equals("info") && below.size() > 1 && IN_OBJECTS.contains(below.get(1));
        boolean packed = next.equals("pack") && below.size() > 1 && below.get(1).startsWith("pack-");
        if (isLongName(next)) {
            return means.transfer();
        }
        boolean inside = below.size() > 1 && (loose || next.equals("info") || next.equals("pack"));
        if (means.dav || means.writesFiles && inside) {
            return Use.PUSH;
        }
        boolean looseObject = loose && below.size() > 1 && below.get(1).length() >= 38 && isHex(below.get(1));
        return listed || packed || looseObject ? means.transfer() : Use.NONE;
    }

    /** Where an LFS server keeps what it moves: {@code info/lfs}, {@code gitlab-lfs}, {@code lfs-storage}. */
    private static boolean isLfsName(String segment) {
        return segment.equals("lfs") || segment.endsWith("-lfs") || segment.startsWith("lfs-");
    }

    /** The SHA-256 by which LFS names an object. */
    private static boolean isLongName(String segment) {
        return segment.length() == 64 && isHex(segment);
    }

    private static boolean isHex(String text) {
        return text.chars().allMatch(c -> c >= '0' && c <= '9' || c >= 'a' && c <= 'f');
    }

    private static List<String> segments(String path) {
        List<String> segments = new ArrayList<>();
        for (String segment : path.split("/", -1)) {
            if (!segment.isEmpty()) {
                segments.add(segment);
            }
        }
        return segments;
    }

    private static String beforeMark(String reading) {
        int mark = reading.indexOf('?');
        return mark < 0 ? reading : reading.substring(0, mark);
    }

    /** Before the slashes and spaces that a lenient server does not look at. */
    private static String trimmed(String path) {
        int end = path.length();
        while (end > 0 && (path.charAt(end - 1) == '/' || path.charAt(end - 1) == ' ')) {
            end--;
        }
        return path.substring(0, end);
    }
}
