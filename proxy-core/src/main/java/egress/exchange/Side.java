package egress.exchange;

/** How far one side of an exchange is. */
enum Side {
    AWAITING_HEAD,
    /** The head is judged and inspected. */
    DECIDING,
    /** A stream to the origin is being had, or the held body's verdict is awaited. */
    CONNECTING,
    STREAMING,
    DONE
}
