package egress.exchange;

import io.netty.util.internal.PlatformDependent;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Whether there is room for more work in the memory outside of the heap, where bodies are on their way. Each reader that stops holds some
 * of it. Once most of it is taken new work is refused, so that what is under way has the rest: a buffer that cannot be had breaks off
 * the exchange that needs it, whichever that is. Safe for use by every thread.
 */
public final class Headroom {
    /** Nothing is ever refused. */
    public static final Headroom UNLIMITED = new Headroom(() -> 0, Long.MAX_VALUE);

    /** What is under way may grow by this part of the whole. */
    private static final int RESERVED_SHARE = 4;

    private static final Failure SPENT =
            new Failure.Overloaded("most of the memory for traffic is taken: try again later");

    private final LongSupplier used;
    private final long bound;

    /** @param bound of {@code used}, in bytes; beyond it there is no room */
    Headroom(LongSupplier used, long bound) {
        this.used = used;
        this.bound = bound;
    }

    /** Of Netty's direct memory, whose whole is {@code -XX:MaxDirectMemorySize}, or else the size of the heap. */
    public static Headroom ofDirectMemory() {
        long most = PlatformDependent.maxDirectMemory();
        return new Headroom(PlatformDependent::usedDirectMemory, most - most / RESERVED_SHARE);
    }

    /** Why new work is to be refused; null while there is room. */
    public @Nullable Failure refusal() {
        return used.getAsLong() > bound ? SPENT : null;
    }
}
