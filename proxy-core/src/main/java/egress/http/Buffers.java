package egress.http;

import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.util.NettyRuntime;

/**
 * The buffers of all connections. Netty's default, the adaptive allocator, makes each buffer of 64 KiB anew, zeroed, where the heap is
 * small: a fifth of the CPU of a large body. Arenas of small chunks keep them, and are as small at rest.
 */
public final class Buffers {
    private static final int PAGE = 8 * 1024;
    /** Pages in a chunk, as a power of two: chunks of 512 KiB. */
    private static final int MAX_ORDER = 6;
    /** Buffers of one size below a page that an event loop keeps; and of one size of a page or more. */
    private static final int SMALL_KEPT = 256;

    private static final int NORMAL_KEPT = 64;

    private static final ByteBufAllocator ALLOCATOR = new PooledByteBufAllocator(
            true, 1, NettyRuntime.availableProcessors(), PAGE, MAX_ORDER, SMALL_KEPT, NORMAL_KEPT, false);

    private Buffers() {}

    /** Of every socket, on both sides. */
    public static ByteBufAllocator allocator() {
        return ALLOCATOR;
    }
}
