package egress.server.evidence;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** One segment of a path as a rule has it. */
sealed interface Segment {
    record Literal(String text) implements Segment {}

    /** Whatever an RE2 class says. */
    record Any(Kind kind) implements Segment {}

    /** What stands in a place, the narrowest first. */
    enum Kind {
        NUMBER("[0-9]+"),
        UUID("[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"),
        HEX_PAIR("[0-9a-f]{2}"),
        HEX("[0-9a-f]+"),
        /** With a word in front, as {@code msg_01XFDUDYJgAACzvnptvVoYEL}. */
        TOKEN("[0-9A-Za-z_-]+"),
        /** Where the recorder has masked a secret. */
        SECRET("[^/]+"),
        /** Three or more that have nothing else in common. */
        ANYTHING("[^/]+");

        private final String source;

        Kind(String source) {
            this.source = source;
        }

        /** In RE2. */
        String source() {
            return source;
        }
    }

    /** A hash or a long key in hexadecimal. */
    Pattern LONG_HEX = Pattern.compile("[0-9a-f]{16,128}");

    Pattern HEX_PAIR = Pattern.compile("[0-9a-f]{2}");
    Pattern NUMBER = Pattern.compile("[0-9]{1,20}");
    Pattern UUID = Pattern.compile(Kind.UUID.source());
    Pattern TOKEN = Pattern.compile("[0-9A-Za-z_-]{16,128}");

    /** What kind of id a segment obviously is; empty of words, names and versions. */
    static Optional<Kind> idOf(String segment) {
        if (segment.contains(RecordedRequest.MASK)) {
            return Optional.of(Kind.SECRET);
        }
        if (NUMBER.matcher(segment).matches()) {
            return Optional.of(Kind.NUMBER);
        }
        if (UUID.matcher(segment).matches()) {
            return Optional.of(Kind.UUID);
        }
        if (LONG_HEX.matcher(segment).matches() && hasDigit(segment)) {
            return Optional.of(Kind.HEX);
        }
        return TOKEN.matcher(segment).matches() && isMade(segment) ? Optional.of(Kind.TOKEN) : Optional.empty();
    }

    /** The two digits by which a store of hashes is spread over folders. */
    static boolean isHexPair(String segment) {
        return HEX_PAIR.matcher(segment).matches();
    }

    private static boolean hasDigit(String text) {
        return text.chars().anyMatch(c -> c >= '0' && c <= '9');
    }

    /** Whether its longest run without a mark mixes digits and letters as no word and no version does. */
    private static boolean isMade(String segment) {
        for (String run : segment.split("[_-]", -1)) {
            int turns = 0;
            for (int i = 1; i < run.length(); i++) {
                turns += kindOf(run.charAt(i)) != kindOf(run.charAt(i - 1)) ? 1 : 0;
            }
            boolean mixed = !run.equals(run.toLowerCase(Locale.ROOT)) || hasDigit(run);
            if (run.length() >= 12 && mixed && turns >= run.length() / 4) {
                return true;
            }
        }
        return false;
    }

    private static int kindOf(char c) {
        return c >= '0' && c <= '9' ? 0 : c >= 'a' ? 1 : 2;
    }
}
