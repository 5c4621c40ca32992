package egress.server.ask;

import java.util.Map;

/**
 * What the desk has to say, for the audit.
 *
 * @param name {@code asked}, {@code answered}, {@code expired}, {@code used} or {@code refused}
 * @param words a sentence
 * @param fields in order; all text, nothing of it a secret
 */
public record AskEvent(String name, String words, Map<String, String> fields) {}
