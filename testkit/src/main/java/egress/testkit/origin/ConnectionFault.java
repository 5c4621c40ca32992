package egress.testkit.origin;

import java.io.DataInputStream;
import java.io.IOException;

/** An origin that goes away, or goes silent, at each point of an h1 exchange. */
public enum ConnectionFault implements HostileOrigin.Script {
    RESET_AFTER_ACCEPT(Phase.ACCEPT, Way.RESET),
    CLOSE_AFTER_ACCEPT(Phase.ACCEPT, Way.CLOSE),
    HANG_AFTER_ACCEPT(Phase.ACCEPT, Way.HANG),
    RESET_IN_HANDSHAKE(Phase.CLIENT_HELLO, Way.RESET),
    CLOSE_IN_HANDSHAKE(Phase.CLIENT_HELLO, Way.CLOSE),
    HANG_IN_HANDSHAKE(Phase.CLIENT_HELLO, Way.HANG),
    GARBAGE_IN_HANDSHAKE(Phase.CLIENT_HELLO, Way.GARBAGE),
    ALERT_IN_HANDSHAKE(Phase.CLIENT_HELLO, Way.ALERT),
    RESET_AFTER_REQUEST_HEAD(Phase.REQUEST_HEAD, Way.RESET),
    CLOSE_AFTER_REQUEST_HEAD(Phase.REQUEST_HEAD, Way.CLOSE),
    HANG_AFTER_REQUEST_HEAD(Phase.REQUEST_HEAD, Way.HANG),
    RESET_IN_RESPONSE_HEAD(Phase.RESPONSE_HEAD, Way.RESET),
    CLOSE_IN_RESPONSE_HEAD(Phase.RESPONSE_HEAD, Way.CLOSE),
    HANG_IN_RESPONSE_HEAD(Phase.RESPONSE_HEAD, Way.HANG),
    DRIP_RESPONSE_HEAD(Phase.REQUEST_HEAD, Way.DRIP),
    RESET_IN_BODY(Phase.BODY, Way.RESET),
    CLOSE_IN_BODY(Phase.BODY, Way.CLOSE),
    CUT_IN_BODY(Phase.BODY, Way.CUT),
    HANG_IN_BODY(Phase.BODY, Way.HANG),
    RESET_BEFORE_LAST_CHUNK(Phase.CHUNKS, Way.RESET),
    CLOSE_BEFORE_LAST_CHUNK(Phase.CHUNKS, Way.CLOSE),
    HANG_BEFORE_LAST_CHUNK(Phase.CHUNKS, Way.HANG),
    RESET_AFTER_RESPONSE(Phase.RESPONSE, Way.RESET),
    CLOSE_AFTER_RESPONSE(Phase.RESPONSE, Way.CLOSE);

    private enum Phase {
        ACCEPT,
        CLIENT_HELLO,
        REQUEST_HEAD,
        RESPONSE_HEAD,
        BODY,
        CHUNKS,
        RESPONSE
    }

    private enum Way {
        RESET,
        CLOSE,
        CUT,
        HANG,
        GARBAGE,
        ALERT,
        DRIP
    }

    private final Phase phase;
    private final Way way;

    ConnectionFault(Phase phase, Way way) {
        this.phase = phase;
        this.way = way;
    }

    @Override
    public boolean beforeTls() {
        return phase == Phase.ACCEPT || phase == Phase.CLIENT_HELLO;
    }

    /** Whether the proxy has already got a final response's head when the fault happens. */
    public boolean afterResponseHead() {
        return phase == Phase.BODY || phase == Phase.CHUNKS || phase == Phase.RESPONSE;
    }

    /** Whether the origin just goes silent, so that only a time limit of the proxy ends it. */
    public boolean hangs() {
        return way == Way.HANG || way == Way.DRIP;
    }

    @Override
    public void run(HostileWire wire) throws IOException, InterruptedException {
        switch (phase) {
            case ACCEPT -> {}
            case CLIENT_HELLO -> {
                DataInputStream in = new DataInputStream(wire.input());
                in.skipNBytes(3); // the record's type and version
                in.skipNBytes(in.readUnsignedShort());
            }
            case REQUEST_HEAD -> wire.readHead();
            case RESPONSE_HEAD -> {
                wire.readHead();
                wire.send("HTTP/1.1 200 OK\r\nContent-Le");
            }
            case BODY -> {
                wire.readHead();
                wire.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nthe first ");
            }
            case CHUNKS -> {
                wire.readHead();
                wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\nthe first \r\n");
            }
            case RESPONSE -> {
                wire.readHead();
                wire.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwhole");
            }
        }
        go(wire);
    }

    private void go(HostileWire wire) throws IOException, InterruptedException {
        switch (way) {
            case RESET -> wire.reset();
            case CLOSE -> wire.halfClose();
            case CUT -> wire.cut();
            case HANG -> wire.hang();
            case GARBAGE -> wire.send("SSH-2.0-OpenSSH_9.6\r\n");
            case ALERT -> wire.send(new byte[] {21, 3, 3, 0, 2, 2, 40}); // fatal handshake_failure
            case DRIP -> wire.drip("HTTP/1.1 200 OK\r\nX: " + "x".repeat(10_000), 50);
        }
    }
}
