package egress.server.dlp.body;

import egress.exchange.ByteBudget;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** gRPC's length-prefixed messages: the same ones in whatever pieces, and all memory given back. */
public final class EnvelopeSlicerFuzz {
    private static final long MEMORY = 1 << 20;

    private EnvelopeSlicerFuzz() {}

    /** @param input its first octet says how it is cut, the rest is the body */
    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length < 2) {
            return;
        }
        byte[] wire = Arrays.copyOfRange(input, 1, input.length);
        List<String> whole = cut(wire, wire.length);
        List<String> pieces = cut(wire, 1 + (input[0] & 0xff) % 7);
        if (!whole.equals(pieces)) {
            throw new AssertionError("at once " + whole + ", in pieces " + pieces);
        }
    }

    private static List<String> cut(byte[] wire, int piece) {
        ByteBudget memory = new ByteBudget(MEMORY);
        EnvelopeSlicer slicer = new EnvelopeSlicer(memory, 4_096, false, 1, Optional.empty());
        List<String> cut = new ArrayList<>();
        boolean refused = false;
        for (int at = 0; at < wire.length && !refused; at += piece) {
            Optional<?> failure =
                    slicer.put(Unpooled.wrappedBuffer(wire, at, Math.min(piece, wire.length - at)), slice -> {
                        cut.add(Arrays.toString(slice.wire()));
                        memory.give(slice.wire().length);
                    });
            refused = failure.isPresent();
        }
        Optional<?> failure = refused
                ? Optional.empty()
                : slicer.end(slice -> {
                    cut.add("unfinished");
                    memory.give(slice.wire().length);
                });
        cut.add(refused || failure.isPresent() ? "refused" : "ended");
        slicer.close();
        if (memory.left() != MEMORY) {
            throw new AssertionError((MEMORY - memory.left()) + " bytes were not given back");
        }
        return cut;
    }
}
