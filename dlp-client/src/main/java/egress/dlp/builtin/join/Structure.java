package egress.dlp.builtin.join;

import egress.dlp.HeaderField;
import egress.dlp.builtin.scan.Provenance;
import egress.dlp.builtin.scan.ScanContext;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** A body's structure, read by what its bytes are and, where Content-Type claims another structure, by that as well. */
public final class Structure {
    private static final int MOST_BOUNDARIES = 8;

    private final List<Joiner> joins;
    private final boolean json;
    private final boolean told;

    private Structure(List<Joiner> joins, boolean json, boolean told) {
        this.joins = joins;
        this.json = json;
        this.told = told;
    }

    /** Kinds of structure that are read. */
    public enum Kind {
        JSON,
        FORM,
        MARKUP,
        MULTIPART
    }

    /**
     * What the head claims.
     *
     * @param kinds of all Content-Type fields
     * @param boundaries of multipart types (RFC 2046, section 5.1.1)
     */
    public record Types(List<Kind> kinds, List<byte[]> boundaries) {
        static final Types NONE = new Types(List.of(), List.of());

        public static Types of(List<HeaderField> fields) {
            List<Kind> kinds = new ArrayList<>(1);
            List<byte[]> boundaries = new ArrayList<>(0);
            for (HeaderField field : fields) {
                if (field.name().equalsIgnoreCase("content-type")) {
                    kind(field.value(), kinds);
                    Structure.boundaries(field.value(), boundaries);
                }
            }
            return kinds.isEmpty() && boundaries.isEmpty() ? NONE : new Types(kinds, boundaries);
        }

        private static void kind(String value, List<Kind> kinds) {
            String type = value.toLowerCase(Locale.ROOT);
            if (type.contains("multipart/")) {
                kinds.add(Kind.MULTIPART);
            } else if (type.contains("form-urlencoded")) {
                kinds.add(Kind.FORM);
            } else if (type.contains("json")) {
                kinds.add(Kind.JSON);
            } else if (type.contains("xml") || type.contains("html")) {
                kinds.add(Kind.MARKUP);
            }
        }
    }

    /** The boundaries that parameters of a field value name, quoted or not; parsers differ in which of several counts. */
    static void boundaries(String value, List<byte[]> into) {
        String small = value.toLowerCase(Locale.ROOT);
        for (int at = small.indexOf("boundary"); at >= 0; at = small.indexOf("boundary", at + 1)) {
            int i = afterBlanks(value, at + "boundary".length());
            if (i >= value.length() || value.charAt(i) != '=') {
                continue;
            }
            i = afterBlanks(value, i + 1);
            StringBuilder boundary = new StringBuilder();
            boolean quoted = i < value.length() && value.charAt(i) == '"';
            for (i += quoted ? 1 : 0; i < value.length(); i++) {
                char c = value.charAt(i);
                if (quoted ? c == '"' : c == ';' || c == ',' || c == ' ' || c == '\t') {
                    break;
                }
                if (quoted && c == '\\' && i + 1 < value.length()) {
                    i++;
                }
                boundary.append(value.charAt(i));
            }
            if (!boundary.isEmpty() && into.size() < MOST_BOUNDARIES) {
                into.add(("--" + boundary).getBytes(StandardCharsets.ISO_8859_1));
            }
        }
    }

    private static int afterBlanks(String value, int from) {
        int i = from;
        while (i < value.length() && (value.charAt(i) == ' ' || value.charAt(i) == '\t')) {
            i++;
        }
        return i;
    }

    /** The structure of what begins with the first {@code length} bytes of {@code b}. */
    public static Structure of(ScanContext run, Provenance view, Types types, byte[] b, int length) {
        Kind read = kindOf(b, 0, length);
        List<Joiner> joins = new ArrayList<>(2);
        joins.add(join(run, view, read, types));
        Set<Kind> kinds = EnumSet.of(read);
        for (Kind claimed : types.kinds()) {
            if (kinds.add(claimed)) {
                joins.add(join(run, view, claimed, types));
            }
        }
        boolean json = read == Kind.JSON && beginsAsJson(b, 0, length);
        return new Structure(
                joins, json, json || read != Kind.JSON || !types.kinds().isEmpty());
    }

    public static Joiner join(ScanContext run, Provenance view, Kind kind, Types types) {
        return switch (kind) {
            case JSON -> new JsonJoiner(run, view);
            case FORM -> new FormJoiner(run, view);
            case MARKUP -> new MarkupJoiner(run, view);
            case MULTIPART -> new MultipartJoiner(run, view, types.boundaries());
        };
    }

    // What is none of the others may still hold quoted strings, as JSON does.
    public static Kind kindOf(byte[] b, int from, int to) {
        int i = from;
        while (i < to && (b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t' || b[i] < 0)) {
            i++;
        }
        if (i < to) {
            if (b[i] == '<') {
                return Kind.MARKUP;
            }
            if (b[i] == '-' && i + 1 < to && b[i + 1] == '-') {
                return Kind.MULTIPART;
            }
            if (isForm(b, i, to)) {
                return Kind.FORM;
            }
        }
        return Kind.JSON;
    }

    private static boolean isForm(byte[] b, int from, int to) {
        for (int i = from; i < to && i - from < 256; i++) {
            if (b[i] == '=') {
                return i > from;
            }
            if (b[i] <= ' ' || "\"'{}<>;:/".indexOf(b[i]) >= 0) {
                return false;
            }
        }
        return false;
    }

    private static boolean beginsAsJson(byte[] b, int from, int to) {
        for (int i = from; i < to; i++) {
            if (b[i] > ' ') {
                return b[i] == '{' || b[i] == '[' || b[i] == '"';
            }
        }
        return false;
    }

    /** Whether it is JSON by its bytes. */
    public boolean isJson() {
        return json;
    }

    /** Whether its bytes or its head say that it has a structure; where not, quotes in it may be anything. */
    public boolean isTold() {
        return told;
    }

    /** Whether bytes that no head describes begin as something that has a structure. */
    public static boolean isTold(byte[] b, int from, int to) {
        return kindOf(b, from, to) != Kind.JSON || beginsAsJson(b, from, to);
    }

    public void feed(byte[] b, int from, int to) {
        for (Joiner join : joins) {
            join.feed(b, from, to);
        }
    }

    public void end() {
        for (Joiner join : joins) {
            join.end();
        }
    }
}
