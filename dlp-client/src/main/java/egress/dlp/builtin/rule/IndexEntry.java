package egress.dlp.builtin.rule;

/** What a literal of the index stands for. */
public sealed interface IndexEntry {

    /** A keyword of a rule, as it is or rewritten. */
    record Keyword(CompiledRule rule, Spelling spelling, int length) implements IndexEntry {}

    /** Six bytes of a known secret, from {@code anchor} on. */
    record Anchor(SecretForm form, int anchor) implements IndexEntry {}

    /** The literal of that number of the decoder of that number. */
    record Encoded(int decoder, int literal) implements IndexEntry {}

    /** A part of a name that secrets are assigned to. */
    record TellingName() implements IndexEntry {}

    /** How a keyword is written. */
    enum Spelling {
        PLAIN,
        REVERSED,
        ROT13
    }
}
