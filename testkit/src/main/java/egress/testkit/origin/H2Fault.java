package egress.testkit.origin;

import static egress.testkit.wire.H2Frame.ErrorCode.INTERNAL_ERROR;
import static egress.testkit.wire.H2Frame.ErrorCode.NO_ERROR;
import static egress.testkit.wire.H2Frame.ErrorCode.REFUSED_STREAM;

import egress.testkit.wire.Field;
import egress.testkit.wire.H1Reader;
import egress.testkit.wire.H2Frame;
import egress.testkit.wire.H2Wire;
import java.io.IOException;
import java.util.Arrays;

/**
 * An h2 origin with unusual or forbidden ways of framing. Those of the first kind ({@link #legal}) are within RFC 9113, and the
 * caller gets an answer whose body is "good"; the others are errors, some of the stream, most of the connection.
 */
public enum H2Fault implements HostileOrigin.Script {
    /** The first connection says that it processed nothing and closes; the next answers. */
    GOAWAY_WITHOUT_PROCESSING(true) {
        @Override
        void serve(H2Peer h2, int connection) throws IOException {
            if (connection == 1) {
                h2.awaitRequest();
                h2.wire().write(H2Frame.goAway(0, NO_ERROR));
                h2.hang();
            } else {
                h2.serve("good");
            }
        }
    },
    /** The first connection answers one stream, then GOAWAY names it as the last; what is above was not processed. */
    GOAWAY_BELOW_THE_SECOND_STREAM(true) {
        @Override
        void serve(H2Peer h2, int connection) throws IOException {
            if (connection == 1) {
                int first = h2.awaitRequest().streamId();
                h2.respond(first, "good");
                h2.awaitRequest();
                h2.wire().write(H2Frame.goAway(first, NO_ERROR));
                h2.hang();
            } else {
                h2.serve("good");
            }
        }
    },
    /** GOAWAY that covers the stream comes before its answer. */
    GOAWAY_THEN_ANSWER(true) {
        @Override
        void serve(H2Peer h2, int connection) throws IOException {
            int stream = h2.awaitRequest().streamId();
            h2.wire().write(H2Frame.goAway(stream, NO_ERROR));
            h2.respond(stream, "good");
        }
    },
    /** The graceful way: first the highest id, then the true one, then the answer. */
    GOAWAY_IN_TWO_STEPS(true) {
        @Override
        void serve(H2Peer h2, int connection) throws IOException {
            int stream = h2.awaitRequest().streamId();
            h2.wire().write(H2Frame.goAway(Integer.MAX_VALUE, NO_ERROR));
            h2.head(stream, 200, false);
            h2.wire().write(H2Frame.goAway(stream, NO_ERROR));
            h2.data(stream, "good", true);
        }
    },
    GOAWAY_WITH_AN_ERROR(false) {
        @Override
        void serve(H2Peer h2, int connection) throws IOException {
            int stream = h2.awaitRequest().streamId();
            h2.wire().write(H2Frame.goAway(stream, INTERNAL_ERROR));
        }
    },
    /** The first stream of the first connection is refused, the next answered. */
    REFUSED_ONCE(true) {
        @Override
        void serve(H2Peer h2, int connection) throws IOException {
            if (connection == 1) {
                h2.wire().write(H2Frame.rstStream(h2.awaitRequest().streamId(), REFUSED_STREAM));
            }
            h2.serve("good");
        }
    },
    REFUSED_ALWAYS(false) {
        @Override
        void serve(H2Peer h2, int connection) throws IOException {
            while (true) {
                h2.wire().write(H2Frame.rstStream(h2.awaitRequest().streamId(), REFUSED_STREAM));
            }
        }
    },
    /** The whole answer, then RST_STREAM NO_ERROR, before the request's body has ended (RFC 9113 §8.1). */
    EARLY_ANSWER_THEN_NO_ERROR(true) {
        @Override
        void serve(H2Peer h2, int connection) throws IOException {
            while (true) {
                int stream = h2.awaitRequest().streamId();
                h2.respond(stream, "good");
                h2.wire().write(H2Frame.rstStream(stream, NO_ERROR));
            }
        }
    },
    RESET_IN_BODY(false) {
        @Override
        void serve(H2Peer h2, int connection) throws IOException {
            while (true) {
                int stream = h2.awaitRequest().streamId();
                h2.head(stream, 200, false);
                h2.data(stream, "go", false);
                h2.wire().write(H2Frame.rstStream(stream, INTERNAL_ERROR));
            }
        }
    },
    CLOSED_IN_BODY(false) {
        @Override
        void serve(H2Peer h2, int connection) throws IOException {
            int stream = h2.awaitRequest().streamId();
            h2.head(stream, 200, false);
            h2.data(stream, "go", false);
        }
    },
    /** One stream at a time. */
    ONE_STREAM(true) {
        @Override
        void serve(H2Peer h2, int connection) throws IOException {
            h2.start(H2Frame.settings(H2Frame.Setting.MAX_CONCURRENT_STREAMS, 1))
                    .serve("good");
        }
    },
    /** No stream at all at first; a hundred after the proxy has acknowledged that. */
    NO_STREAM_AT_FIRST(true) {
        @Override
        void serve(H2Peer h2, int connection) throws IOException {
            h2.start(H2Frame.settings(H2Frame.Setting.MAX_CONCURRENT_STREAMS, 0));
            h2.awaitFrame(H2Frame.SETTINGS);
            h2.wire().write(H2Frame.settings(H2Frame.Setting.MAX_CONCURRENT_STREAMS, 100));
            h2.serve("good");
        }
    },
    /** Frames of unknown types and flags mean nothing (RFC 9113 §5.5). */
    UNKNOWN_FRAMES(true) {
        @Override
        void serve(H2Peer h2, int connection) throws IOException {
            int stream = h2.awaitRequest().streamId();
            h2.wire().write(new H2Frame(0xfa, 0xff, stream, new byte[100]), new H2Frame(0xfb, 0, 0, new byte[0]));
            h2.respond(stream, "good");
            h2.serve("good");
        }
    },
    ALTSVC_FRAME(true) {
        @Override
        void serve(H2Peer h2, int connection) throws IOException {
            int stream = h2.awaitRequest().streamId();
            h2.wire().write(H2Frame.altSvc(stream, "h3=\":443\"; ma=3600"));
            h2.respond(stream, "good");
            h2.serve("good");
        }
    },
    /** An empty DATA frame with END_STREAM, padded DATA, and a head in five CONTINUATIONs. */
    ODD_BUT_LEGAL_FRAMES(true) {
        @Override
        void serve(H2Peer h2, int connection) throws IOException {
            int stream = h2.awaitRequest().streamId();
            byte[] head = H2Wire.literals(Field.list(":status", "200", "x-a", "b".repeat(200)));
            int piece = head.length / 6 + 1;
            for (int at = 0; at < head.length; at += piece) {
                int end = Math.min(head.length, at + piece);
                h2.wire()
                        .write(new H2Frame(
                                at == 0 ? H2Frame.HEADERS : H2Frame.CONTINUATION,
                                end == head.length ? H2Frame.END_HEADERS : 0,
                                stream,
                                Arrays.copyOfRange(head, at, end)));
            }
            byte[] padded = {3, 'g', 'o', 'o', 'd', 0, 0, 0};
            h2.wire().write(new H2Frame(H2Frame.DATA, H2Frame.PADDED, stream, padded));
            h2.data(stream, "", true);
            h2.hang();
        }
    },
    DATA_AFTER_END_STREAM(false) {
        @Override
        void serve(H2Peer h2, int connection) throws IOException {
            int stream = h2.awaitRequest().streamId();
            h2.respond(stream, "good");
            h2.data(stream, "evil", true);
            h2.hang();
        }
    },
    DATA_BEFORE_THE_HEAD(false) {
        @Override
        void serve(H2Peer h2, int connection) throws IOException {
            h2.data(h2.awaitRequest().streamId(), "evil", true);
            h2.hang();
        }
    },
    DATA_ON_AN_IDLE_STREAM(false) {
        @Override
        void serve(H2Peer h2, int connection) throws IOException {
            h2.data(h2.awaitRequest().streamId() + 100, "evil", true);
            h2.hang();
        }
    },
    DATA_ON_STREAM_ZERO(false) {
        @Override
        void serve(H2Peer h2, int connection) throws IOException {
            h2.awaitRequest();
            h2.data(0, "evil", true);
            h2.hang();
        }
    },
    /** Far more DATA than the stream's window. */
    DATA_BEYOND_THE_WINDOW(false) {
        @Override
        void serve(H2Peer h2, int connection) throws IOException, InterruptedException {
            int stream = h2.awaitRequest().streamId();
            h2.head(stream, 200, false);
            h2.flood(8_192, H2Frame.data(stream, new byte[16_384], false));
        }
    },
    PADDING_LONGER_THAN_THE_FRAME(false) {
        @Override
        void serve(H2Peer h2, int connection) throws IOException {
            int stream = h2.awaitRequest().streamId();
            h2.head(stream, 200, false);
            h2.wire().write(new H2Frame(H2Frame.DATA, H2Frame.PADDED, stream, new byte[] {9, 1, 2}));
            h2.hang();
        }
    },
    FRAME_LARGER_THAN_ALLOWED(false) {
        @Override
        void serve(H2Peer h2, int connection) throws IOException {
            int stream = h2.awaitRequest().streamId();
            h2.head(stream, 200, false);
            h2.wire().write(H2Frame.data(stream, new byte[(1 << 24) - 1], true));
            h2.hang();
        }
    },
    PUSH_PROMISE_UNASKED(false) {
        @Override
        void serve(H2Peer h2, int connection) throws IOException {
            int stream = h2.awaitRequest().streamId();
            byte[] promised = H2Wire.literals(
                    Field.list(":method", "GET", ":scheme", "https", ":authority", "x.example", ":path", "/"));
            byte[] payload = new byte[4 + promised.length];
            payload[3] = 2;
            System.arraycopy(promised, 0, payload, 4, promised.length);
            h2.wire().write(new H2Frame(H2Frame.PUSH_PROMISE, H2Frame.END_HEADERS, stream, payload));
            h2.hang();
        }
    },
    INTERIM_THAT_ENDS_THE_STREAM(false) {
        @Override
        void serve(H2Peer h2, int connection) throws IOException {
            h2.head(h2.awaitRequest().streamId(), 103, true);
            h2.hang();
        }
    },
    WINDOW_UPDATE_OF_ZERO(false) {
        @Override
        void serve(H2Peer h2, int connection) throws IOException {
            h2.wire().write(H2Frame.windowUpdate(h2.awaitRequest().streamId(), 0));
            h2.hang();
        }
    },
    WINDOW_OVERFLOW(false) {
        @Override
        void serve(H2Peer h2, int connection) throws IOException {
            h2.awaitRequest();
            h2.wire().write(H2Frame.windowUpdate(0, Integer.MAX_VALUE));
            h2.hang();
        }
    },
    NO_SETTINGS(false) {
        @Override
        void serve(H2Peer h2, int connection) throws IOException {
            h2.readPreface();
            h2.hang();
        }
    },
    H1_INSTEAD_OF_SETTINGS(false) {
        @Override
        void serve(H2Peer h2, int connection) throws IOException {
            h2.readPreface();
            h2.wire().write(H1Reader.latin1("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"));
            h2.hang();
        }
    },
    /** An index into the dynamic table that is not there: COMPRESSION_ERROR. */
    BROKEN_HPACK(false) {
        @Override
        void serve(H2Peer h2, int connection) throws IOException {
            int stream = h2.awaitRequest().streamId();
            h2.wire().write(H2Wire.headers(stream, new byte[] {(byte) 0xff, 0x7f}, true));
            h2.hang();
        }
    };

    private final boolean legal;

    H2Fault(boolean legal) {
        this.legal = legal;
    }

    /** Whether the origin keeps to RFC 9113, so that every caller deserves the answer "good". */
    public boolean legal() {
        return legal;
    }

    @Override
    public void run(HostileWire wire) throws IOException, InterruptedException {
        serve(wire.h2(), wire.connection());
    }

    abstract void serve(H2Peer h2, int connection) throws IOException, InterruptedException;

    /** Resets every stream with this code once its head is here. */
    public static HostileOrigin.Script resetWith(H2Frame.ErrorCode code) {
        return wire -> {
            H2Peer h2 = wire.h2();
            while (true) {
                h2.wire().write(H2Frame.rstStream(h2.awaitRequest().streamId(), code));
            }
        };
    }
}
