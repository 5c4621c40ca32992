package egress.policy;

/**
 * Literal text that every match of an RE2 expression must begin with, end with and hold, so that the matcher runs
 * only where they are found: it costs about a microsecond, and a route may have dozens of expressions. Read off the
 * source with care: where it is not plain to see, nothing is required.
 *
 * @param prefix what a match begins with
 * @param inner what a match holds somewhere
 * @param suffix what a match ends with
 */
record RegexLiterals(String prefix, String inner, String suffix) {
    private static final RegexLiterals NONE = new RegexLiterals("", "", "");

    static RegexLiterals of(String source) {
        Reader reader = new Reader(source);
        return reader.read() ? reader.literals() : NONE;
    }

    /** Whether the text may match: false is certain, true is not. */
    boolean mayMatch(String text) {
        return text.startsWith(prefix) && text.endsWith(suffix) && (inner.isEmpty() || text.contains(inner));
    }

    /** One pass over the atoms of the outermost concatenation. */
    private static final class Reader {
        private final String source;
        private int at;
        private final StringBuilder run = new StringBuilder();
        private boolean gap;
        private String prefix = "";
        private String inner = "";

        Reader(String source) {
            this.source = source;
        }

        /** False where the expression is beyond this reading: alternatives, flags, escapes with arguments. */
        boolean read() {
            while (at < source.length()) {
                char c = source.charAt(at);
                boolean understood = switch (c) {
                    case '|', ')', '*', '+', '?', '{' -> false;
                    case '^', '$' -> skipAnchor();
                    case '.' -> opaque(at + 1);
                    case '[' -> opaque(classEnd(at));
                    case '(' -> opaque(groupEnd());
                    case '\\' -> escape();
                    default -> literal(c, at + 1);
                };
                if (!understood) {
                    return false;
                }
            }
            return true;
        }

        RegexLiterals literals() {
            String last = run.toString();
            return gap ? new RegexLiterals(prefix, inner, last) : new RegexLiterals(last, "", last);
        }

        private boolean skipAnchor() {
            at++;
            return !atQuantifier();
        }

        private boolean escape() {
            if (at + 1 >= source.length()) {
                return false;
            }
            char c = source.charAt(at + 1);
            boolean alphanumeric = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
            if (!alphanumeric) {
                return c < 0x80 && literal(c, at + 2);
            }
            return "dDsSwW".indexOf(c) >= 0 && opaque(at + 2);
        }

        private boolean literal(char c, int next) {
            // Half of a pair: a quantifier after it would repeat both halves.
            if (Character.isSurrogate(c)) {
                return false;
            }
            at = next;
            if (atQuantifier()) {
                return opaque(next);
            }
            run.append(c);
            return true;
        }

        /** An atom that stands for more than one text, with its quantifiers; -1 is an end that was not found. */
        private boolean opaque(int afterAtom) {
            if (afterAtom < 0) {
                return false;
            }
            at = afterAtom;
            while (atQuantifier()) {
                int end = source.charAt(at) == '{' ? repeatEnd() : at + 1;
                if (end < 0) {
                    return false;
                }
                at = end;
            }
            if (!gap) {
                prefix = run.toString();
            } else if (run.length() > inner.length()) {
                inner = run.toString();
            }
            gap = true;
            run.setLength(0);
            return true;
        }

        /** After {@code {2}}, {@code {2,}} or {@code {2,3}}; -1 for a brace that RE2 takes for a literal. */
        private int repeatEnd() {
            int i = at + 1;
            while (i < source.length() && source.charAt(i) >= '0' && source.charAt(i) <= '9') {
                i++;
            }
            boolean counted = i > at + 1;
            if (i < source.length() && source.charAt(i) == ',') {
                i++;
                while (i < source.length() && source.charAt(i) >= '0' && source.charAt(i) <= '9') {
                    i++;
                }
            }
            return counted && i < source.length() && source.charAt(i) == '}' ? i + 1 : -1;
        }

        private boolean atQuantifier() {
            return at < source.length() && "*+?{".indexOf(source.charAt(at)) >= 0;
        }

        private int classEnd(int open) {
            int i = open + 1;
            if (i < source.length() && source.charAt(i) == '^') {
                i++;
            }
            // A bracket in the first place is a member.
            for (boolean first = true; i < source.length(); first = false) {
                char c = source.charAt(i);
                if (c == ']' && !first) {
                    return i + 1;
                }
                if (c == '[' && source.startsWith("[:", i) && source.indexOf(":]", i + 2) > 0) {
                    i = source.indexOf(":]", i + 2) + 2;
                } else {
                    i += c == '\\' ? 2 : 1;
                }
            }
            return -1;
        }

        private int groupEnd() {
            int depth = 0;
            for (int i = at; i < source.length(); ) {
                switch (source.charAt(i)) {
                    case '\\' -> {
                        // \Q…\E may hold brackets that are none.
                        if (source.startsWith("\\Q", i)) {
                            return -1;
                        }
                        i += 2;
                    }
                    case '[' -> {
                        i = classEnd(i);
                        if (i < 0) {
                            return -1;
                        }
                    }
                    case '(' -> {
                        // Flags (?i) reach beyond their group.
                        if (source.startsWith("(?", i) && !source.startsWith("(?:", i)) {
                            return -1;
                        }
                        depth++;
                        i++;
                    }
                    case ')' -> {
                        i++;
                        if (--depth == 0) {
                            return i;
                        }
                    }
                    default -> i++;
                }
            }
            return -1;
        }
    }
}
