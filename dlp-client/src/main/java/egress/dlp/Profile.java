package egress.dlp;

import egress.dlp.Finding.Severity;
import java.util.Locale;
import java.util.Optional;

/** How much a token has to look like one that was given out before it blocks. */
public enum Profile {
    /** Placeholders and the examples of documentation block too. */
    STRICT,
    /** A vendor's exact form blocks, however made up it looks; examples warn and placeholders pass. */
    BALANCED,
    /** What looks made up only warns. */
    QUIET;

    /** What a value of the right form is, as far as its characters say. */
    public enum Likeness {
        /** It may well have been given out. */
        REAL,
        /** As {@link #REAL}, but chance passes its check so often that it only warns where the route does not list its group. */
        LIKELY,
        /** Nobody drew it by chance: one character again and again, an alphabet in its order, a word. */
        MADE_UP,
        /** A vendor's documentation has it, or a key's armour stands without a key. */
        EXAMPLE,
        /** It stands for a value. */
        PLACEHOLDER
    }

    /** What such a value does where its group blocks; empty where it is none. */
    public Optional<Severity> severity(Likeness likeness) {
        return switch (this) {
            case STRICT -> Optional.of(Severity.BLOCKS);
            case BALANCED ->
                switch (likeness) {
                    case REAL, MADE_UP -> Optional.of(Severity.BLOCKS);
                    case LIKELY, EXAMPLE -> Optional.of(Severity.WARNS);
                    case PLACEHOLDER -> Optional.empty();
                };
            case QUIET ->
                switch (likeness) {
                    case REAL -> Optional.of(Severity.BLOCKS);
                    case LIKELY, MADE_UP, EXAMPLE -> Optional.of(Severity.WARNS);
                    case PLACEHOLDER -> Optional.empty();
                };
        };
    }

    /** The name as routes.yaml spells it. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
