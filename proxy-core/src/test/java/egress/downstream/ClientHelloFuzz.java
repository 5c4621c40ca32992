package egress.downstream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import java.util.Optional;

/** The peek at a ClientHello: whatever comes, and the same in whatever pieces it comes. */
public final class ClientHelloFuzz {
    private static final int MOST = 65_536;

    private ClientHelloFuzz() {}

    /** @param input what a caller sends first; its first octet says where it is cut */
    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length < 2) {
            return;
        }
        byte[] bytes = Arrays.copyOfRange(input, 1, input.length);
        String whole = read(bytes, bytes.length);
        int cut = (input[0] & 0xff) * bytes.length / 255;
        String part = read(bytes, cut);
        if (!part.equals("more") && !part.equals(whole)) {
            throw new AssertionError("after " + cut + " bytes: " + part + ", after all: " + whole);
        }
    }

    private static String read(byte[] bytes, int length) {
        ByteBuf in = Unpooled.wrappedBuffer(bytes, 0, length);
        try {
            Optional<ClientHello> hello = ClientHello.peek(in, MOST);
            if (in.readerIndex() != 0) {
                throw new AssertionError("the peek consumed " + in.readerIndex() + " bytes");
            }
            return hello.map(ClientHello::toString).orElse("more");
        } catch (ClientHello.Malformed e) {
            return "malformed"; // its words may name how much has come
        }
    }
}
