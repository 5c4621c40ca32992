package egress.server.flows;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What was kept of a body.
 *
 * @param length bytes on the wire, all of them
 * @param truncated whether some of them were not kept
 * @param kept what was kept, masked; decoded where {@link #decoded}, else as on the wire
 * @param decoded whether the content coding was taken off, as it is where something in the body was masked
 */
@SuppressWarnings("ArrayRecordComponent") // compared by its content
public record FlowBody(long length, boolean truncated, byte[] kept, boolean decoded) {
    public static final FlowBody EMPTY = new FlowBody(0, false, new byte[0], false);

    public boolean isEmpty() {
        return length == 0;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof FlowBody body
                && length == body.length
                && truncated == body.truncated
                && decoded == body.decoded
                && Arrays.equals(kept, body.kept);
    }

    @Override
    public int hashCode() {
        return Long.hashCode(length) * 31 + Arrays.hashCode(kept);
    }

    @Override
    public String toString() {
        return "FlowBody[" + length + " bytes, " + kept.length + " kept]";
    }
}
