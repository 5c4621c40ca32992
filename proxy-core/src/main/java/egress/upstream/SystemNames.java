package egress.upstream;

import io.netty.channel.EventLoop;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Names as the machine's own resolver knows them. It blocks, for many seconds where a name is dead: each look-up has a thread. */
final class SystemNames implements Resolver.Source {
    /** Asks for a name's addresses; may block. */
    @FunctionalInterface
    interface Lookup {
        InetAddress[] lookup(String host) throws UnknownHostException;
    }

    private static final int STACK_BYTES = 512 << 10;

    private final Lookup lookup;
    private final Executor executor;
    private final Duration ttl;

    /**
     * @param executor has room for as many look-ups as there may be at a time
     * @param ttl how long an answer is used; the system does not pass on the record's own
     */
    SystemNames(Lookup lookup, Executor executor, Duration ttl) {
        this.lookup = lookup;
        this.executor = executor;
        this.ttl = ttl;
    }

    /** Daemon threads for look-ups: made as needed, as many as there may be look-ups, and none is waited for. */
    static ThreadPoolExecutor threads(int most) {
        return new ThreadPoolExecutor(
                0,
                most,
                30,
                TimeUnit.SECONDS,
                new SynchronousQueue<>(),
                Thread.ofPlatform()
                        .daemon()
                        .stackSize(STACK_BYTES)
                        .name("egress-lookup-", 0)
                        .factory());
    }

    @Override
    public CompletableFuture<Resolver.Answer> lookup(EventLoop loop, String host) {
        CompletableFuture<Resolver.Answer> answer = new CompletableFuture<>();
        try {
            executor.execute(() -> look(host, answer));
        } catch (RejectedExecutionException | OutOfMemoryError e) { // no thread can be made
            answer.completeExceptionally(new IllegalStateException("no thread is left", e));
        }
        return answer;
    }

    private void look(String host, CompletableFuture<Resolver.Answer> answer) {
        try {
            List<InetAddress> addresses =
                    Arrays.stream(lookup.lookup(host)).distinct().toList();
            if (addresses.isEmpty()) {
                throw new UnknownHostException(host);
            }
            answer.complete(new Resolver.Answer(addresses, ttl));
        } catch (UnknownHostException | RuntimeException e) {
            answer.completeExceptionally(e);
        }
    }
}
