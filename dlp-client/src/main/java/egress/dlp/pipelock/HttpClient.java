package egress.dlp.pipelock;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.URI;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP/1.1 client for one listener of pipelock, over a bounded number of kept-alive connections. A request that a kept-alive
 * connection did not begin to answer is sent once more on a new one: pipelock was restarted, or closed it while it was idle.
 */
final class HttpClient implements Closeable {
    private static final long LONGEST_IDLE = TimeUnit.SECONDS.toNanos(30);

    private final InetSocketAddress address;
    private final String authority;
    private final Semaphore permits;
    private final Deque<Idle> idle = new ArrayDeque<>();
    private boolean closed;

    HttpClient(URI base, int connections) {
        HostPort at = HostPort.of(base);
        if (at == null) {
            throw new IllegalArgumentException(base + " (expected: http://host:port)");
        }
        this.address = InetSocketAddress.createUnresolved(at.address(), at.port());
        this.authority = at.toString();
        this.permits = new Semaphore(connections);
    }

    /** What its Host field says. */
    String authority() {
        return authority;
    }

    /**
     * Asks and reads the answer.
     *
     * @throws BodyRefusedException when the question's body is at fault
     * @throws IOException when there is no answer, or none that is HTTP
     */
    HttpResponse ask(HttpRequest question, Deadline deadline) throws IOException {
        acquire(deadline);
        try {
            Connection kept = take();
            if (kept != null) {
                HttpResponse answer = askKept(kept, question, deadline);
                if (answer != null) {
                    return answer;
                }
            }
            return ask(Connection.open(address, deadline), question, deadline);
        } finally {
            permits.release();
        }
    }

    private @Nullable HttpResponse askKept(Connection kept, HttpRequest question, Deadline deadline)
            throws IOException {
        try {
            return ask(kept, question, deadline);
        } catch (EOFException | SocketException e) {
            if (kept.isAnswering() || !question.repeatable() || deadline.hasPassed()) {
                throw e;
            }
            forget();
            return null;
        }
    }

    private HttpResponse ask(Connection connection, HttpRequest question, Deadline deadline) throws IOException {
        deadline.guard(connection);
        boolean answered = false;
        try {
            HttpResponse answer = connection.ask(question);
            answered = true;
            return answer;
        } finally {
            deadline.release(connection);
            if (answered && connection.isReusable()) {
                keep(connection);
            } else {
                connection.close();
            }
        }
    }

    private void acquire(Deadline deadline) throws IOException {
        try {
            if (permits.tryAcquire(deadline.left(), TimeUnit.NANOSECONDS)) {
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        throw new IOException("no connection was free in time");
    }

    private @Nullable Connection take() throws IOException {
        while (true) {
            Idle last;
            synchronized (this) {
                last = idle.pollFirst();
            }
            if (last == null) {
                return null;
            }
            if (System.nanoTime() - last.since < LONGEST_IDLE) {
                return last.connection;
            }
            last.connection.close();
        }
    }

    private void keep(Connection connection) throws IOException {
        synchronized (this) {
            if (!closed) {
                idle.addFirst(new Idle(connection, System.nanoTime()));
                return;
            }
        }
        connection.close();
    }

    // When one kept-alive connection is dead, the others most likely are too.
    private void forget() throws IOException {
        Deque<Idle> all;
        synchronized (this) {
            all = new ArrayDeque<>(idle);
            idle.clear();
        }
        for (Idle one : all) {
            one.connection.close();
        }
    }

    @Override
    public void close() throws IOException {
        synchronized (this) {
            closed = true;
        }
        forget();
    }

    private record Idle(Connection connection, long since) {}
}
