package egress.server.trace;

/** What is over and waits for its spans to be made. */
sealed interface Recorded permits EndedExchange, RefusedConnection {
    /** Gives back the memory that it holds. */
    void close();
}
