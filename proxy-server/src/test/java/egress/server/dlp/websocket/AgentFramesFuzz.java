package egress.server.dlp.websocket;

import egress.exchange.ByteBudget;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** An agent's WebSocket frames: the same messages in whatever pieces, no more memory than allowed, all of it given back. */
public final class AgentFramesFuzz {
    private static final long MEMORY = 1 << 20;

    private AgentFramesFuzz() {}

    /** @param input its first octet says how it is cut, the rest is on the wire */
    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length < 2) {
            return;
        }
        byte[] wire = Arrays.copyOfRange(input, 1, input.length);
        List<String> whole = read(wire, wire.length, input[0] < 0);
        List<String> pieces = read(wire, 1 + (input[0] & 0x7f) % 7, input[0] < 0);
        if (!whole.equals(pieces)) {
            throw new AssertionError("at once " + whole + ", in pieces " + pieces);
        }
    }

    private static List<String> read(byte[] wire, int piece, boolean compressed) {
        ByteBudget memory = new ByteBudget(MEMORY);
        AgentFrames frames = new AgentFrames(memory, 1 << 16, false, compressed);
        List<String> read = new ArrayList<>();
        for (int at = 0; at < wire.length; at += piece) {
            AgentFrames.Violation violation =
                    frames.read(Unpooled.wrappedBuffer(wire, at, Math.min(piece, wire.length - at)), message -> {
                        read.add(Arrays.toString(message.wire()));
                        memory.give(message.wire().length);
                    });
            if (violation != null) {
                read.add(violation.toString());
                break;
            }
        }
        frames.close();
        if (memory.left() != MEMORY) {
            throw new AssertionError((MEMORY - memory.left()) + " bytes were not given back");
        }
        return read;
    }
}
