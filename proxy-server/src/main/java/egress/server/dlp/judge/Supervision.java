package egress.server.dlp.judge;

import egress.exchange.Asking;

/**
 * Who is asked about what is found on routes that supervise.
 *
 * @param generation of the policy that says so
 */
public record Supervision(Asking asking, long generation) {
    /** Nobody, so that a hit blocks. */
    public static final Supervision NOBODY = new Supervision(Asking.NOBODY, 0);
}
