package egress.dlp.builtin.scan;

import egress.dlp.Detector;
import egress.dlp.Finding.Span;
import egress.dlp.Place;
import java.util.Optional;

/** Knows values that may stand where they do. */
@FunctionalInterface
public interface Excuse {
    /** Excuses nothing. */
    Excuse NONE = hit -> Grade.NONE;

    /** What becomes of a finding. */
    enum Grade {
        /** It is one. */
        NONE,
        /** It only warns. */
        WARNS,
        /** It is none. */
        PASSES
    }

    /**
     * What was found.
     *
     * @param cover where it stands, verbatim or encoded; empty where it was put together
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Hit(String detector, Detector category, Place place, Optional<Span> cover, byte[] value) {}

    Grade grade(Hit hit);
}
