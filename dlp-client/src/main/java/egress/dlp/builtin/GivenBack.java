package egress.dlp.builtin;

import egress.dlp.Detector;
import egress.dlp.GivenParts;
import egress.dlp.builtin.scan.Excuse;
import java.util.Set;

/** What an origin gave may go back to where it belongs: there it is no finding by its look alone. */
record GivenBack(GivenParts parts, Excuse otherwise) implements Excuse {
    /** Groups whose findings are guesses by the look of a value; one that is not named here is never excused. */
    private static final Set<Detector> BY_LOOK =
            Set.of(Detector.TOKEN_PATTERNS, Detector.ASSIGNED_SECRETS, Detector.ENTROPY);

    @Override
    public Grade grade(Hit hit) {
        return BY_LOOK.contains(hit.category()) && parts.cover(hit.place(), hit.cover(), hit.value())
                ? Grade.PASSES
                : otherwise.grade(hit);
    }
}
