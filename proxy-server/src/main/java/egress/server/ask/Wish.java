package egress.server.ask;

/**
 * What a caller asks for in words.
 *
 * @param port 80 is plain http, any other https
 * @param pathPrefix by whole segments; begins with a slash, has no query
 * @param justification why, in the agent's own words, untrusted; cut to {@link Question#LONGEST_JUSTIFICATION} characters
 */
public record Wish(String host, int port, String method, String pathPrefix, String justification) {}
