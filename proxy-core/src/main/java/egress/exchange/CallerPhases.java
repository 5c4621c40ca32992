package egress.exchange;

/**
 * How long the phases of the caller's connection took before its first exchange, in nanoseconds; -1 for what it does not have.
 *
 * @param accept from the accept to the first head, CONNECT or request
 * @param hello from the answer to CONNECT to the whole ClientHello
 * @param mint from the answer to CONNECT to the leaf certificate, which is made beside the ClientHello's arrival
 * @param handshake the caller's TLS handshake
 */
public record CallerPhases(long accept, long hello, long mint, long handshake) {
    public static final CallerPhases NONE = new CallerPhases(-1, -1, -1, -1);

    /** For the connection's later exchanges: they waited for none of it. */
    public CallerPhases over() {
        return new CallerPhases(Math.min(0, accept), Math.min(0, hello), Math.min(0, mint), Math.min(0, handshake));
    }
}
