package egress.testkit.origin;

import egress.testkit.wire.Field;
import egress.testkit.wire.H2Frame;
import egress.testkit.wire.H2Wire;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;

/**
 * An h2 origin that, once it has a request, sends something over and over as fast as the proxy takes it: 200,000 frames, or until
 * the proxy ends the connection. {@link HostileOrigin#awaitFrame} shows the proxy's GOAWAY.
 */
public enum H2Flood implements HostileOrigin.Script {
    PING,
    SETTINGS,
    EMPTY_DATA,
    EMPTY_HEADERS,
    PRIORITY,
    WINDOW_UPDATE,
    UNKNOWN,
    RST_STREAM,
    INTERIM,
    /** One head that never ends. */
    CONTINUATION,
    /** The same without a byte in any frame. */
    EMPTY_CONTINUATION,
    /** A 4 KiB field in the dynamic table, referred to 16,000 times in each head: 64 MiB from 16 KiB. */
    HPACK_BOMB,
    /** A head of 1 MiB, said plainly. */
    LARGE_HEAD;

    private static final int FRAMES = 200_000;
    private static final int STATUS_200 = 0x88; // RFC 7541, Appendix A, index 8
    private static final int FIRST_DYNAMIC = 0x80 | 62;

    @Override
    public void run(HostileWire wire) throws IOException, InterruptedException {
        H2Peer h2 = wire.h2();
        int stream = h2.awaitRequest().streamId();
        byte[] nothing = new byte[0];
        switch (this) {
            case PING -> h2.flood(FRAMES, H2Frame.ping(1));
            case SETTINGS -> h2.flood(FRAMES, H2Frame.settings(H2Frame.Setting.INITIAL_WINDOW_SIZE, 65_535));
            case EMPTY_DATA -> {
                h2.head(stream, 200, false);
                h2.flood(FRAMES, H2Frame.data(stream, nothing, false));
            }
            case EMPTY_HEADERS -> h2.flood(FRAMES, new H2Frame(H2Frame.HEADERS, H2Frame.END_HEADERS, stream, nothing));
            case PRIORITY -> h2.flood(FRAMES, new H2Frame(H2Frame.PRIORITY, 0, stream, new byte[5]));
            case WINDOW_UPDATE -> h2.flood(FRAMES, H2Frame.windowUpdate(0, 1));
            case UNKNOWN -> h2.flood(FRAMES, new H2Frame(0xfa, 0, 0, nothing));
            case RST_STREAM -> h2.flood(FRAMES, H2Frame.rstStream(stream, H2Frame.ErrorCode.CANCEL));
            case INTERIM -> h2.flood(FRAMES, H2Wire.headers(stream, interim(), false));
            case CONTINUATION -> {
                byte[] piece = H2Wire.literals(Field.list("x-filler", "x".repeat(1000)));
                h2.wire().write(new H2Frame(H2Frame.HEADERS, 0, stream, new byte[] {(byte) STATUS_200}));
                h2.flood(FRAMES, new H2Frame(H2Frame.CONTINUATION, 0, stream, piece));
            }
            case EMPTY_CONTINUATION -> {
                h2.wire().write(new H2Frame(H2Frame.HEADERS, 0, stream, new byte[] {(byte) STATUS_200}));
                h2.flood(FRAMES, new H2Frame(H2Frame.CONTINUATION, 0, stream, nothing));
            }
            case HPACK_BOMB -> h2.flood(1, H2Wire.headers(stream, bomb(), true));
            case LARGE_HEAD ->
                h2.flood(
                        1,
                        H2Wire.headers(
                                stream,
                                H2Wire.literals(Field.list(":status", "200", "x-a", "x".repeat(1 << 20))),
                                true));
        }
    }

    private static byte[] interim() {
        return H2Wire.literals(Field.list(":status", "103", "link", "</a>; rel=preload"));
    }

    private static byte[] bomb() {
        ByteArrayOutputStream section = new ByteArrayOutputStream();
        section.write(STATUS_200);
        section.writeBytes(H2Wire.indexedLiteral(new Field("x-bomb", "x".repeat(4000))));
        byte[] references = new byte[16_000];
        Arrays.fill(references, (byte) FIRST_DYNAMIC);
        section.writeBytes(references);
        return section.toByteArray();
    }
}
