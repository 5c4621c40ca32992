package egress.dlp.builtin;

import egress.dlp.GivenParts;
import egress.dlp.builtin.scan.Excuse;

/** What an origin gave may go back to where it belongs: there it is no finding by its look alone. */
record GivenBack(GivenParts parts, Excuse otherwise) implements Excuse {
    @Override
    public Grade grade(Hit hit) {
        return isByLook(hit) && parts.cover(hit.place(), hit.cover(), hit.value())
                ? Grade.PASSES
                : otherwise.grade(hit);
    }

    private static boolean isByLook(Hit hit) {
        return switch (hit.category()) {
            case TOKEN_PATTERNS, ASSIGNED_SECRETS, ENTROPY -> true;
            case KNOWN_SECRETS, STRUCTURE, WALLET_KEYS, PAYMENT_DATA, WALLET_ADDRESSES, PERSONAL_DATA -> false;
            case NAIVE_INJECTION_DETECTION -> false;
        };
    }
}
