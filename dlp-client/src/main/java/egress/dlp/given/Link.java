package egress.dlp.given;

import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An https URL, spelled so that two that name the same are the same (RFC 3986 §6.2.2): without its fragment, percent codes in upper case
 * and only where they are needed.
 *
 * @param host in lower case, no port
 * @param target path and query
 */
public record Link(String host, int port, String target) {
    private static final int LONGEST = 8 * 1024;
    private static final int HTTPS = 443;
    private static final String HEX = "0123456789ABCDEF";
    private static final Set<String> SIGNATURES = Set.of("sig", "token", "hmac");

    /** What was asked for. */
    public static Link asked(String host, int port, String target) {
        return new Link(host.toLowerCase(Locale.ROOT), port, spelled(target));
    }

    /** What a reference names beside the URL it was given for; null where that is no https URL of an ordinary kind. */
    static @Nullable Link given(Link base, String reference) {
        int fragment = reference.indexOf('#');
        String text = (fragment < 0 ? reference : reference.substring(0, fragment)).strip();
        if (text.isEmpty() || text.length() > LONGEST) {
            return null;
        }
        if (text.regionMatches(true, 0, "https://", 0, 8)) {
            return absolute(text.substring(8));
        }
        if (text.startsWith("//")) {
            return absolute(text.substring(2));
        }
        if (hasScheme(text)) {
            return null;
        }
        int question = base.target.indexOf('?');
        String path = question < 0 ? base.target : base.target.substring(0, question);
        return switch (text.charAt(0)) {
            case '/' -> new Link(base.host, base.port, spelled(withoutDots(text)));
            case '?' -> new Link(base.host, base.port, path + spelled(text));
            default ->
                new Link(
                        base.host,
                        base.port,
                        spelled(withoutDots(path.substring(0, path.lastIndexOf('/') + 1) + text)));
        };
    }

    private static boolean hasScheme(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == ':') {
                return true;
            }
            if (c == '/' || c == '?') {
                return false;
            }
        }
        return false;
    }

    private static @Nullable Link absolute(String text) {
        int end = 0;
        while (end < text.length() && text.charAt(end) != '/' && text.charAt(end) != '?') {
            end++;
        }
        String authority = text.substring(0, end).toLowerCase(Locale.ROOT);
        String rest = text.substring(end);
        int colon = authority.lastIndexOf(':');
        int port = HTTPS;
        if (colon > authority.lastIndexOf(']')) {
            port = port(authority.substring(colon + 1));
            authority = authority.substring(0, colon);
        }
        if (authority.startsWith("[") && authority.endsWith("]")) {
            authority = authority.substring(1, authority.length() - 1);
        } else if (authority.endsWith(".")) {
            authority = authority.substring(0, authority.length() - 1);
        }
        if (authority.isEmpty() || port < 1 || !authority.chars().allMatch(Link::isOfHost)) {
            return null;
        }
        return new Link(authority, port, spelled(withoutDots(rest.startsWith("/") ? rest : "/" + rest)));
    }

    private static boolean isOfHost(int c) {
        return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '.' || c == '_' || c == ':';
    }

    private static int port(String text) {
        if (text.isEmpty()) {
            return HTTPS;
        }
        return text.length() <= 5 && text.chars().allMatch(c -> c >= '0' && c <= '9') ? Integer.parseInt(text) : -1;
    }

    /** A path and its query, with the dots in the path taken off as clients do (RFC 3986 §5.2.4). */
    private static String withoutDots(String target) {
        int question = target.indexOf('?');
        String path = question < 0 ? target : target.substring(0, question);
        if (!path.contains("/.")) {
            return target;
        }
        StringBuilder out = new StringBuilder();
        String[] segments = path.substring(1).split("/", -1);
        for (int i = 0; i < segments.length; i++) {
            boolean last = i == segments.length - 1;
            switch (segments[i]) {
                case "." -> out.append(last ? "/" : "");
                case ".." -> {
                    out.setLength(Math.max(0, out.lastIndexOf("/")));
                    out.append(last ? "/" : "");
                }
                default -> out.append('/').append(segments[i]);
            }
        }
        return question < 0 ? out.toString() : out + target.substring(question);
    }

    private static String spelled(String text) {
        int plain = 0;
        while (plain < text.length() && isPlain(text.charAt(plain))) {
            plain++;
        }
        return plain == text.length() ? text : spelledAnew(text);
    }

    private static boolean isPlain(char c) {
        return c > ' ' && c < 0x7f && c != '%' && "\"<>\\^`{|}".indexOf(c) < 0;
    }

    private static String spelledAnew(String text) {
        StringBuilder out = new StringBuilder(text.length() + 16);
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            int code = c == '%' && i + 2 < text.length() ? hex(text.charAt(i + 1), text.charAt(i + 2)) : -1;
            if (code >= 0) {
                i += 2;
                if (isUnreserved(code)) {
                    out.append((char) code);
                } else {
                    coded(out, code);
                }
            } else if (c == '%' || isPlain(c)) {
                out.append(c);
            } else {
                coded(out, c & 0xff);
            }
        }
        return out.toString();
    }

    private static int hex(char high, char low) {
        int h = Character.digit(high, 16);
        int l = Character.digit(low, 16);
        return h < 0 || l < 0 ? -1 : h << 4 | l;
    }

    private static void coded(StringBuilder out, int code) {
        out.append('%').append(HEX.charAt(code >> 4)).append(HEX.charAt(code & 15));
    }

    private static boolean isUnreserved(int c) {
        return c >= 'a' && c <= 'z'
                || c >= 'A' && c <= 'Z'
                || c >= '0' && c <= '9'
                || c == '-'
                || c == '.'
                || c == '_'
                || c == '~';
    }

    /** Whether a parameter is named as a signature: the services' links have {@code X-Amz-Signature}, {@code Signature}, {@code sig}. */
    boolean isSigned() {
        int at = target.indexOf('?') + 1;
        while (at > 0 && at < target.length()) {
            int end = target.indexOf('&', at);
            String parameter = end < 0 ? target.substring(at) : target.substring(at, end);
            int equals = parameter.indexOf('=');
            String name = (equals < 0 ? "" : parameter.substring(0, equals)).toLowerCase(Locale.ROOT);
            if (name.endsWith("signature") || SIGNATURES.contains(name)) {
                return true;
            }
            at = end + 1;
        }
        return false;
    }
}
