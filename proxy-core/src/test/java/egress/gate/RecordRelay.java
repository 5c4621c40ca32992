package egress.gate;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** A TCP relay on loopback that counts the TLS records that pass it, and can hold what comes from the far side. */
final class RecordRelay implements AutoCloseable {
    private static final int HEADER = 5;
    private static final int APPLICATION_DATA = 23;

    private final int to;
    private final ServerSocket listener;
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    private final AtomicInteger there = new AtomicInteger();
    private final AtomicInteger back = new AtomicInteger();
    private final Object lock = new Object();
    private int holdUntil;

    /** @param to the port that connections go on to */
    RecordRelay(int to) throws IOException {
        this.to = to;
        this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    /** Records of application data that have gone towards the far side. */
    int there() {
        return there.get();
    }

    int back() {
        return back.get();
    }

    /** Lets the next so many bytes of application data from the far side pass at once, when they are all there. */
    void gather(int bytes) {
        synchronized (lock) {
            holdUntil = bytes;
        }
    }

    private void accept() {
        try {
            while (true) {
                Socket near = listener.accept();
                Socket far = new Socket(InetAddress.getLoopbackAddress(), to);
                sockets.addAll(List.of(near, far));
                near.setTcpNoDelay(true);
                far.setTcpNoDelay(true);
                Thread.ofVirtual().start(() -> copy(near, far, there, false));
                Thread.ofVirtual().start(() -> copy(far, near, back, true));
            }
        } catch (IOException closed) {
            // the test is over
        }
    }

    private void copy(Socket from, Socket into, AtomicInteger count, boolean mayHold) {
        byte[] held = new byte[1 << 20];
        int length = 0;
        try {
            DataInputStream in = new DataInputStream(from.getInputStream());
            OutputStream out = into.getOutputStream();
            while (true) {
                byte first = in.readByte();
                if (first < 20 || first > 24) { // no record: of CONNECT and its answer
                    out.write(first);
                    continue;
                }
                int size = record(in, first, held, length);
                length += size;
                count.addAndGet(first == APPLICATION_DATA ? 1 : 0);
                if (!mayHold || length >= hold()) {
                    out.write(held, 0, length);
                    length = 0;
                    if (mayHold) {
                        gather(0);
                    }
                }
            }
        } catch (IOException over) {
            close(from);
            close(into);
        }
    }

    private int hold() {
        synchronized (lock) {
            return holdUntil;
        }
    }

    private static int record(DataInputStream in, byte first, byte[] into, int at) throws IOException {
        into[at] = first;
        in.readFully(into, at + 1, HEADER - 1);
        int size = (into[at + 3] & 0xff) << 8 | into[at + 4] & 0xff;
        in.readFully(into, at + HEADER, size);
        return HEADER + size;
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException alreadyBroken) {
            // nothing is left to do with it
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        sockets.forEach(RecordRelay::close);
    }
}
