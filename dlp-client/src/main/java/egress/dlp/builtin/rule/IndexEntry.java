package egress.dlp.builtin.rule;

import egress.dlp.builtin.scan.Packing;

/** What a literal of the index stands for. */
public sealed interface IndexEntry {

    /** A keyword of a rule, as it is or dressed. */
    record Keyword(CompiledRule rule, Dress dress, int length) implements IndexEntry {}

    /** Six bytes of a known secret, from {@code anchor} on. */
    record Anchor(SecretForm needle, int anchor) implements IndexEntry {}

    /** The first bytes of compressed data. */
    record Compressed(Packing packing) implements IndexEntry {}

    /** Where something written in parts may be held together. */
    record Seam() implements IndexEntry {}

    /** The second offset of a hex dump. */
    record Dump() implements IndexEntry {}

    /** The header of uuencode. */
    record Uuencoded() implements IndexEntry {}

    /** A part of a name that secrets are assigned to. */
    record TellingName() implements IndexEntry {}

    /** How a keyword is written. */
    enum Dress {
        PLAIN,
        REVERSED,
        ROT13
    }
}
