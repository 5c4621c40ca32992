package egress.downstream;

import egress.exchange.CallerPhases;
import egress.exchange.ExchangeRecord;

/** The time that each phase of a caller's connection takes; the first exchange reports them, later ones report zero. */
final class ConnectionPhases {
    private final long acceptedNanos = System.nanoTime();
    private long connectedNanos;
    private long handshakeNanos;
    private CallerPhases told = CallerPhases.NONE;

    /** CONNECT was understood. */
    void connected() {
        connectedNanos = System.nanoTime();
        told = new CallerPhases(connectedNanos - acceptedNanos, told.hello(), told.mint(), told.handshake());
    }

    /** The ClientHello is complete. */
    void helloRead() {
        told = new CallerPhases(told.accept(), System.nanoTime() - connectedNanos, told.mint(), told.handshake());
    }

    /** There is a leaf. */
    void minted() {
        told = new CallerPhases(told.accept(), told.hello(), System.nanoTime() - connectedNanos, told.handshake());
    }

    void handshakeBegins() {
        handshakeNanos = System.nanoTime();
    }

    void handshakeDone() {
        told = new CallerPhases(told.accept(), told.hello(), told.mint(), System.nanoTime() - handshakeNanos);
    }

    /** Tells an exchange that begins now. */
    void tell(ExchangeRecord exchange) {
        exchange.acceptedNanos = acceptedNanos;
        exchange.connectedNanos = connectedNanos;
        exchange.handshakeNanos = handshakeNanos;
        exchange.callerPhases = forExchange();
    }

    private CallerPhases forExchange() {
        CallerPhases before = told;
        if (before.accept() < 0) {
            before = new CallerPhases(System.nanoTime() - acceptedNanos, -1, -1, -1);
        }
        told = before.over();
        return before;
    }
}
