package egress.server.flows;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import egress.http.Printable;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads mitmproxy's filter language: {@code ~d host & !(~m POST | ~c 4xx) error}. An operator takes a regular expression (RE2, found
 * anywhere, in any case) up to a blank or a parenthesis, or in quotes; terms side by side must all hold; bare text is sought in the URL.
 * {@code &} binds more than {@code |}, {@code !} most.
 */
public final class FilterParser {
    private static final int LONGEST = 4096;
    private static final int DEEPEST = 64;

    private final String text;
    private int at;

    private FilterParser(String text) {
        this.text = text;
    }

    /**
     * The filter that the text asks for; blank text asks for everything.
     *
     * @throws FilterSyntaxException saying where it cannot be read, and what was expected there
     */
    public static FlowFilter parse(String text) throws FilterSyntaxException {
        if (text.length() > LONGEST) {
            throw new FilterSyntaxException(LONGEST, "the filter is too long (expected: " + LONGEST + " characters)");
        }
        FilterParser parser = new FilterParser(text);
        if (parser.isAtEnd()) {
            return FlowFilter.ALL;
        }
        FlowFilter filter = parser.either(0);
        if (!parser.isAtEnd()) {
            throw parser.fault("a parenthesis closes here that was not opened");
        }
        return filter;
    }

    /** What holds this text in its URL, in a field or in a body, in any case; empty text is everywhere. */
    public static FlowFilter text(String text) {
        return text.isEmpty()
                ? FlowFilter.ALL
                : FilterOperator.anywhere(Pattern.compile(Pattern.quote(text), Pattern.CASE_INSENSITIVE));
    }

    private FlowFilter either(int depth) throws FilterSyntaxException {
        List<FlowFilter> any = new ArrayList<>(List.of(all(depth)));
        while (takes('|')) {
            any.add(all(depth));
        }
        List<FlowFilter> terms = List.copyOf(any);
        return terms.size() == 1 ? terms.getFirst() : flow -> terms.stream().anyMatch(term -> term.matches(flow));
    }

    private FlowFilter all(int depth) throws FilterSyntaxException {
        List<FlowFilter> every = new ArrayList<>(List.of(term(depth)));
        while (takes('&') || !isAtEnd() && next() != '|' && next() != ')') {
            every.add(term(depth));
        }
        List<FlowFilter> terms = List.copyOf(every);
        return terms.size() == 1 ? terms.getFirst() : flow -> terms.stream().allMatch(term -> term.matches(flow));
    }

    private FlowFilter term(int depth) throws FilterSyntaxException {
        if (isAtEnd()) {
            throw fault("the filter ends (expected: an operator such as ~d, text, ! or a parenthesis)");
        }
        if (depth >= DEEPEST) {
            throw fault("nested too deeply (expected: at most " + DEEPEST + " levels)");
        }
        int start = at;
        return switch (next()) {
            case '!' -> {
                at++;
                FlowFilter not = term(depth + 1);
                yield flow -> !not.matches(flow);
            }
            case '(' -> {
                at++;
                FlowFilter inner = either(depth + 1);
                if (!takes(')')) {
                    throw fault(
                            "the parenthesis of character " + (start + 1) + " is not closed (expected: a closing one)");
                }
                yield inner;
            }
            case '&', '|', ')' ->
                throw fault("\"" + next() + "\" (expected: an operator such as ~d, or text, in front of it)");
            case '~' -> operator();
            default -> FilterOperator.url(pattern(argument("text"), start));
        };
    }

    private FlowFilter operator() throws FilterSyntaxException {
        int start = at++;
        while (at < text.length() && Character.isLetter(text.charAt(at))) {
            at++;
        }
        String name = text.substring(start, at);
        FilterOperator operator = FilterOperator.named(name)
                .orElseThrow(() -> new FilterSyntaxException(
                        start, Printable.quote(name) + " is no operator (expected: " + FilterOperator.NAMES + ")"));
        return switch (operator) {
            case FilterOperator.Plain plain -> plain.filter();
            case FilterOperator.OfPattern made -> {
                int from = argumentStart(name, "a regular expression");
                yield made.filter().apply(pattern(argument("a regular expression"), from));
            }
            case FilterOperator.OfStatus _ -> {
                int from = argumentStart(name, "a status such as 403, or 4xx");
                yield status(argument("a status"), from);
            }
        };
    }

    private int argumentStart(String name, String expected) throws FilterSyntaxException {
        if (isAtEnd() || "&|)(~".indexOf(next()) >= 0) {
            throw fault(name + " has nothing to look for (expected: " + expected
                    + "; in quotes where it holds a blank, a" + " parenthesis or ~)");
        }
        return at;
    }

    private static FlowFilter status(String text, int start) throws FilterSyntaxException {
        if (text.length() == 3 && text.charAt(0) >= '1' && text.charAt(0) <= '9') {
            String rest = text.substring(1);
            if (rest.equalsIgnoreCase("xx")) {
                int hundreds = text.charAt(0) - '0';
                return flow -> flow.response() != null && flow.response().status() / 100 == hundreds;
            }
            if (rest.chars().allMatch(c -> c >= '0' && c <= '9')) {
                int status = Integer.parseInt(text);
                return flow -> flow.response() != null && flow.response().status() == status;
            }
        }
        throw new FilterSyntaxException(
                start, Printable.quote(text) + " is no status (expected: one such as 403, or 4xx)");
    }

    private static Pattern pattern(String source, int start) throws FilterSyntaxException {
        try {
            return Pattern.compile(source, Pattern.CASE_INSENSITIVE | Pattern.DOTALL);
        } catch (PatternSyntaxException e) {
            throw new FilterSyntaxException(
                    start,
                    Printable.quote(source) + " is no regular expression: " + Printable.line(e.getDescription())
                            + " (expected: RE2 syntax)");
        }
    }

    /** A word or a quoted string. */
    private String argument(String what) throws FilterSyntaxException {
        char first = next();
        if (first == '"' || first == '\'') {
            return quoted(first);
        }
        int start = at;
        while (at < text.length()
                && !Character.isWhitespace(text.charAt(at))
                && "()~\"'".indexOf(text.charAt(at)) < 0) {
            at++;
        }
        int end = at;
        // "a|b" is one expression; in "a| ~b" the bar stands between two.
        while (end > start + 1
                && (text.charAt(end - 1) == '&' || text.charAt(end - 1) == '|')
                && text.charAt(end - 2) != '\\') {
            end--;
        }
        at = end;
        if (end == start) {
            throw fault("\"" + first + "\" (expected: " + what + ")");
        }
        return text.substring(start, end);
    }

    private String quoted(char quote) throws FilterSyntaxException {
        int start = at++;
        StringBuilder out = new StringBuilder();
        while (at < text.length() && text.charAt(at) != quote) {
            char c = text.charAt(at++);
            // Only the quote is escaped here; other backslashes are the regular expression's.
            if (c == '\\' && at < text.length() && text.charAt(at) == quote) {
                c = text.charAt(at++);
            } else if (c == '\\' && at < text.length()) {
                out.append(c);
                c = text.charAt(at++);
            }
            out.append(c);
        }
        if (at == text.length()) {
            throw fault("the quote of character " + (start + 1) + " is not closed (expected: a closing one)");
        }
        at++;
        return out.toString();
    }

    private boolean takes(char c) {
        if (!isAtEnd() && next() == c) {
            at++;
            return true;
        }
        return false;
    }

    private boolean isAtEnd() {
        while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
            at++;
        }
        return at == text.length();
    }

    private char next() {
        return text.charAt(at);
    }

    private FilterSyntaxException fault(String words) {
        return new FilterSyntaxException(at, words);
    }
}
