package egress.server.dlp.body;

import egress.exchange.Failure;
import egress.server.dlp.judge.Denials;
import egress.server.dlp.judge.MessagePayload;
import egress.share.Allowance;
import io.netty.buffer.ByteBuf;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.util.Optional;
import java.util.function.Consumer;

/** A body without messages, judged as it comes: each part as it is, and the last bytes stay behind until more has come. */
public final class WindowSlicer implements Slicer {
    /** More than what the scanners carry from one piece to the next, so that no byte of a hit has left when it is found. */
    private static final int TAIL = 4 * 1024;

    private static final int PIECE = 16 * 1024;

    private final Allowance memory;

    public WindowSlicer(Allowance memory) {
        this.memory = memory;
    }

    @Override
    public Optional<Failure> put(ByteBuf bytes, Consumer<Slice> to) {
        int at = bytes.readerIndex();
        while (at < bytes.writerIndex()) {
            int n = Math.min(PIECE, bytes.writerIndex() - at);
            if (!memory.take(n)) {
                return Optional.of(Denials.NO_MEMORY);
            }
            byte[] piece = new byte[n];
            bytes.getBytes(at, piece);
            at += n;
            to.accept(new Slice(piece, MessagePayload.plain(() -> new ByteArrayInputStream(piece)), false));
        }
        return Optional.empty();
    }

    @Override
    public Optional<Failure> end(Consumer<Slice> to) {
        to.accept(new Slice(new byte[0], MessagePayload.plain(InputStream::nullInputStream), true));
        return Optional.empty();
    }

    @Override
    public int tail() {
        return TAIL;
    }

    @Override
    public void close() {
        // every byte belongs to a slice
    }
}
