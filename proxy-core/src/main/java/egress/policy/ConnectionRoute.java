package egress.policy;

/** What becomes of a connection to an authority: decided once, when it is asked for. */
public sealed interface ConnectionRoute {
    /** Take the connection and read the requests in it: TLS with a leaf of our own, or plain http on its port. */
    record Bump() implements ConnectionRoute {}

    /** Relay the ciphertext unread. */
    record Passthrough(Route route) implements ConnectionRoute {}

    /**
     * No tunnel: a 403 on the CONNECT itself.
     *
     * @param words a sentence for the caller, with no secret in it
     */
    record Refuse(DenyReason why, String words) implements ConnectionRoute {}
}
