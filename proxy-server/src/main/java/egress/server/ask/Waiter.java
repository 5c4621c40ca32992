package egress.server.ask;

import egress.exchange.Asking;
import io.netty.channel.EventLoop;
import java.util.concurrent.RejectedExecutionException;

/** An exchange that waits. Guarded by the desk's lock, except for its calls to the exchange, which run on the exchange's loop. */
final class Waiter {
    private final EventLoop loop;
    private final Asking.Listener listener;
    /** Of the exchange's loop. */
    private boolean closed;

    /** Of the question that stands for it now, as the desk's clock. */
    private volatile long deadlineNanos;

    Waiter(EventLoop loop, Asking.Listener listener) {
        this.loop = loop;
        this.listener = listener;
    }

    long deadlineNanos() {
        return deadlineNanos;
    }

    void waitsFor(OpenQuestion question) {
        deadlineNanos = question.deadlineNanos;
        question.waiters.add(this);
    }

    /** Another question stands for it now. */
    void asked(String id) {
        onLoop(() -> listener.onAsked(id));
    }

    void reply(Asking.Reply reply) {
        onLoop(() -> listener.onReply(reply));
    }

    /** The exchange is over; on its loop. */
    void close() {
        closed = true;
    }

    private void onLoop(Runnable task) {
        try {
            loop.execute(() -> {
                if (!closed) {
                    task.run();
                }
            });
        } catch (RejectedExecutionException e) {
            closed = true; // the loop is gone, and the exchange with it
        }
    }
}
