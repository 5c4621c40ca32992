package egress.policy;

import egress.http.FieldNames;
import egress.http.RewriteFields;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The parameters, in queries and in forms, by which a request asks its origin for another method than its own. */
final class MethodOverrides {
    private static final List<String> PARAMETERS = List.of("_method", "_httpmethod");

    private MethodOverrides() {}

    /**
     * Whether a parameter of this name is one: one of those, or the name of a field that is one. Where parameters become
     * variables every mark is an underscore, the name ends at a NUL, and what stands in brackets is an index.
     */
    static boolean isParameter(String name) {
        String variable = upTo(upTo(name, '\0'), '[');
        for (String parameter : PARAMETERS) {
            if (FieldNames.same(variable, parameter)) {
                return true;
            }
        }
        return RewriteFields.kindOf(variable) == RewriteFields.Kind.METHOD;
    }

    private static String upTo(String name, char end) {
        int at = name.indexOf(end);
        return at <= 0 ? name : name.substring(0, at).strip();
    }

    /** The methods that a target asks for, under every reading of it: a decoded mark may begin the query too. */
    static List<String> inTarget(String target) {
        return mayHoldPair(target) ? QueryForms.values(target, MethodOverrides::isParameter) : List.of();
    }

    /** Whether an equals sign may stand in any of its forms: as it is, or coded once ({@code %3d}) or twice. */
    private static boolean mayHoldPair(String target) {
        for (int i = 0; i < target.length(); i++) {
            char c = target.charAt(i);
            boolean coded = c == '%' && (target.startsWith("3", i + 1) || target.startsWith("25", i + 1));
            if (coded || c == '=' || c >= 0x80) {
                return true;
            }
        }
        return false;
    }

    /** TRACE would show the caller the credential (RFC 9110 §9.3.8); CONNECT is a tunnel past every rule. */
    static boolean isForbidden(String method) {
        return switch (method.toUpperCase(Locale.ROOT)) {
            case "TRACE", "TRACK", "CONNECT" -> true;
            default -> false;
        };
    }

    /** A list of the request's own method and those that others ask for. */
    static List<String> all(String own, List<String> others) {
        if (others.isEmpty()) {
            return List.of(own);
        }
        List<String> all = new ArrayList<>(others.size() + 1);
        all.add(own);
        all.addAll(others);
        return all;
    }
}
