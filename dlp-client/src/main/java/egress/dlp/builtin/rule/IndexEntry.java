package egress.dlp.builtin.rule;

/** What a literal of the index stands for. */
public sealed interface IndexEntry {

    /** A keyword of a rule, as it is or dressed. */
    record Keyword(CompiledRule rule, Dress dress, int length) implements IndexEntry {}

    /** Six bytes of a known secret, from {@code anchor} on. */
    record Anchor(SecretForm needle, int anchor) implements IndexEntry {}

    /**
     * The first bytes of compressed data.
     *
     * @param back of base64 and hex: how many digits before them what is to be decoded begins
     * @param zlib of base64 and hex: so many bytes behind that beginning a zlib header stands, which is to be proven; -1 for others
     */
    record Compressed(Packing packing, int back, int zlib) implements IndexEntry {
        Compressed(Packing packing) {
            this(packing, 0, -1);
        }
    }

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

    /** What packed data looks like where it begins. */
    enum Packing {
        GZIP,
        ZIP,
        ZLIB,
        ZSTD,
        /** A stream of a PDF file: zlib behind the line break. */
        PDF,
        /** The type of a PNG's chunk of rows. */
        PNG,
        /** One of the others in base64. */
        BASE64,
        /** One of the others in hex. */
        HEX
    }
}
