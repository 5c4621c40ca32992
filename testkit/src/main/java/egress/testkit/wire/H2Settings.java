package egress.testkit.wire;

import java.util.Arrays;

/**
 * What one side of a test's h2 connection announces, and how it takes data.
 *
 * @param streamWindow SETTINGS_INITIAL_WINDOW_SIZE, bytes
 * @param connectionWindow bytes; kept open as data arrives, whatever a stream's reader does
 * @param maxConcurrentStreams SETTINGS_MAX_CONCURRENT_STREAMS
 * @param maxHeaderListSize SETTINGS_MAX_HEADER_LIST_SIZE, bytes
 */
public record H2Settings(int streamWindow, int connectionWindow, int maxConcurrentStreams, int maxHeaderListSize) {
    /** Windows of 1 MiB a stream and 16 MiB a connection, 250 streams, 64 KiB of fields. */
    public static H2Settings defaults() {
        return new H2Settings(1 << 20, 16 << 20, 250, 64 << 10);
    }

    /** The same with another window for each stream. */
    public H2Settings streamWindow(int bytes) {
        return new H2Settings(bytes, connectionWindow, maxConcurrentStreams, maxHeaderListSize);
    }

    /** The same with another limit of streams. */
    public H2Settings maxConcurrentStreams(int streams) {
        return new H2Settings(streamWindow, connectionWindow, streams, maxHeaderListSize);
    }

    H2Frame[] frames(boolean client) {
        H2Frame.Setting[] names = {
            H2Frame.Setting.INITIAL_WINDOW_SIZE,
            H2Frame.Setting.MAX_HEADER_LIST_SIZE,
            client ? H2Frame.Setting.ENABLE_PUSH : H2Frame.Setting.MAX_CONCURRENT_STREAMS
        };
        int[] values = {streamWindow, maxHeaderListSize, client ? 0 : maxConcurrentStreams};
        byte[] payload = new byte[0];
        for (int i = 0; i < names.length; i++) {
            byte[] one = H2Frame.settings(names[i], values[i]).payload();
            byte[] both = Arrays.copyOf(payload, payload.length + one.length);
            System.arraycopy(one, 0, both, payload.length, one.length);
            payload = both;
        }
        return new H2Frame[] {
            new H2Frame(H2Frame.SETTINGS, 0, 0, payload),
            H2Frame.windowUpdate(0, connectionWindow - H2Connection.DEFAULT_WINDOW)
        };
    }
}
