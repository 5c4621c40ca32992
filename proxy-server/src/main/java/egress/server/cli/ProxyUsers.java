package egress.server.cli;

import java.util.LinkedHashMap;
import java.util.Map;

/** The users of the listener, as a variable holds them. */
final class ProxyUsers {
    private ProxyUsers() {}

    /**
     * Reads {@code user:password} pairs with white space or commas between them.
     *
     * @param name the variable's; the error speaks of it, and never of its content
     * @throws IllegalArgumentException when it is unset or empty, or holds something else
     */
    static Map<String, String> of(String name, Map<String, String> environment) {
        Map<String, String> users = new LinkedHashMap<>();
        for (String pair : environment.getOrDefault(name, "").split("[\\s,]+", -1)) {
            if (pair.isEmpty()) {
                continue;
            }
            int colon = pair.indexOf(':');
            if (colon < 1 || colon == pair.length() - 1) {
                throw malformed(name, "a pair that is not user:password");
            }
            String password = pair.substring(colon + 1);
            String other = users.putIfAbsent(pair.substring(0, colon), password);
            if (other != null && !other.equals(password)) {
                throw malformed(name, "a user with two passwords");
            }
        }
        if (users.isEmpty()) {
            throw malformed(name, "nothing");
        }
        return users;
    }

    private static IllegalArgumentException malformed(String name, String has) {
        return new IllegalArgumentException("--proxy-auth-env: the variable " + name + " holds " + has
                + " (expected: user:password pairs, with white space or commas between them)");
    }
}
