package egress.testkit.wire;

import java.nio.ByteBuffer;

/**
 * One HTTP/2 frame (RFC 9113 §4.1), legal or not.
 *
 * @param streamId 0 for the connection
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record H2Frame(int type, int flags, int streamId, byte[] payload) {
    public static final int DATA = 0;
    public static final int HEADERS = 1;
    public static final int PRIORITY = 2;
    public static final int RST_STREAM = 3;
    public static final int SETTINGS = 4;
    public static final int PUSH_PROMISE = 5;
    public static final int PING = 6;
    public static final int GOAWAY = 7;
    public static final int WINDOW_UPDATE = 8;
    public static final int CONTINUATION = 9;
    public static final int ALTSVC = 10;

    public static final int END_STREAM = 0x1;
    public static final int ACK = 0x1;
    public static final int END_HEADERS = 0x4;
    public static final int PADDED = 0x8;
    public static final int PRIORITY_FLAG = 0x20;

    /** RFC 9113 §7. */
    public enum ErrorCode {
        NO_ERROR(0),
        PROTOCOL_ERROR(1),
        INTERNAL_ERROR(2),
        FLOW_CONTROL_ERROR(3),
        SETTINGS_TIMEOUT(4),
        STREAM_CLOSED(5),
        FRAME_SIZE_ERROR(6),
        REFUSED_STREAM(7),
        CANCEL(8),
        COMPRESSION_ERROR(9),
        CONNECT_ERROR(10),
        ENHANCE_YOUR_CALM(11),
        INADEQUATE_SECURITY(12),
        HTTP_1_1_REQUIRED(13);

        private final int code;

        ErrorCode(int code) {
            this.code = code;
        }

        /** Its number on the wire. */
        public int code() {
            return code;
        }

        static String name(int code) {
            for (ErrorCode known : values()) {
                if (known.code == code) {
                    return known.name();
                }
            }
            return "0x" + Integer.toHexString(code);
        }
    }

    /** RFC 9113 §6.5.2, and RFC 8441 §3. */
    public enum Setting {
        HEADER_TABLE_SIZE(1),
        ENABLE_PUSH(2),
        MAX_CONCURRENT_STREAMS(3),
        INITIAL_WINDOW_SIZE(4),
        MAX_FRAME_SIZE(5),
        MAX_HEADER_LIST_SIZE(6),
        ENABLE_CONNECT_PROTOCOL(8);

        final int id;

        Setting(int id) {
            this.id = id;
        }

        /** The identifier on the wire. */
        public int id() {
            return id;
        }
    }

    public static H2Frame data(int streamId, byte[] bytes, boolean endStream) {
        return new H2Frame(DATA, endStream ? END_STREAM : 0, streamId, bytes);
    }

    public static H2Frame rstStream(int streamId, ErrorCode code) {
        return new H2Frame(RST_STREAM, 0, streamId, ints(code.code()));
    }

    public static H2Frame settings(Setting setting, int value) {
        return new H2Frame(
                SETTINGS,
                0,
                0,
                ByteBuffer.allocate(6)
                        .putShort((short) setting.id)
                        .putInt(value)
                        .array());
    }

    public static H2Frame settings() {
        return new H2Frame(SETTINGS, 0, 0, new byte[0]);
    }

    public static H2Frame settingsAck() {
        return new H2Frame(SETTINGS, ACK, 0, new byte[0]);
    }

    public static H2Frame ping(long data) {
        return new H2Frame(PING, 0, 0, ByteBuffer.allocate(8).putLong(data).array());
    }

    public static H2Frame goAway(int lastStreamId, ErrorCode code) {
        return new H2Frame(GOAWAY, 0, 0, ints(lastStreamId, code.code()));
    }

    public static H2Frame windowUpdate(int streamId, int increment) {
        return new H2Frame(WINDOW_UPDATE, 0, streamId, ints(increment));
    }

    /** RFC 7838 §4, on a stream: no origin of its own. */
    public static H2Frame altSvc(int streamId, String value) {
        byte[] field = H1Reader.latin1(value);
        return new H2Frame(
                ALTSVC,
                0,
                streamId,
                ByteBuffer.allocate(2 + field.length)
                        .putShort((short) 0)
                        .put(field)
                        .array());
    }

    public boolean has(int flag) {
        return (flags & flag) != 0;
    }

    /** The 32-bit number at a place of the payload. */
    public int int32(int offset) {
        return ByteBuffer.wrap(payload).getInt(offset);
    }

    private static byte[] ints(int... values) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length);
        for (int value : values) {
            bytes.putInt(value);
        }
        return bytes.array();
    }

    @Override
    public String toString() {
        return "frame type " + type + " flags " + flags + " stream " + streamId + " length " + payload.length;
    }
}
