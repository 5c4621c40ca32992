package egress.dlp.builtin.scan;

import egress.dlp.Place;

/** Knows values that may stand where they do, so that a finding of them only warns. */
@FunctionalInterface
public interface Excuse {
    /** Excuses nothing. */
    Excuse NONE = (detector, place, value) -> false;

    boolean covers(String detector, Place place, byte[] value);
}
