package egress.dlp.pipelock;

import egress.dlp.HeaderField;
import egress.dlp.ScanVerdict.Reason;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A connection to pipelock: one question at a time, read while it is written, since the answer may come early. */
final class Connection implements Closeable {
    private static final Pattern STATUS_LINE = Pattern.compile("HTTP/1\\.[01] [1-5][0-9]{2}( [^\\r\\n]*)?");
    /** A request up to this size fits the socket buffer and is sent without a thread of its own. */
    private static final int AT_ONCE = 32 * 1024;

    private static final int PIECE = 16 * 1024;
    private static final int LONGEST_ANSWER = 64 * 1024;
    private static final int MOST_INTERIM = 8;

    private final Socket socket;
    private final OutputStream out;
    private final WireReader reader;
    private boolean reusable = true;
    private boolean answering;

    private Connection(Socket socket) throws IOException {
        this.socket = socket;
        this.out = socket.getOutputStream();
        this.reader = new WireReader(socket.getInputStream());
    }

    static Connection open(InetSocketAddress address, Deadline deadline) throws IOException {
        Socket socket = new Socket();
        try {
            deadline.guard(socket);
            socket.setTcpNoDelay(true);
            long millis = Math.max(1, deadline.left() / 1_000_000);
            socket.connect(resolved(address), (int) Math.min(Integer.MAX_VALUE, millis));
            return new Connection(socket);
        } catch (IOException | RuntimeException e) {
            socket.close();
            throw e;
        } finally {
            deadline.release(socket);
        }
    }

    /** Whether another question may follow. */
    boolean isReusable() {
        return reusable && !reader.hasSurplus() && !socket.isClosed();
    }

    /** Whether the first byte of an answer to the last question came. */
    boolean isAnswering() {
        return answering;
    }

    HttpResponse ask(HttpRequest question) throws IOException {
        long before = reader.taken();
        reusable = false;
        answering = false;
        try (InputStream body = question.body().open()) {
            byte[] start = body.readNBytes(AT_ONCE);
            if (start.length < AT_ONCE) {
                whole(question, start.length);
                return askAtOnce(question, start);
            }
            return askStreaming(question, start, body);
        } finally {
            answering = reader.taken() > before;
        }
    }

    private HttpResponse askAtOnce(HttpRequest question, byte[] body) throws IOException {
        byte[] head = question.head(body.length);
        ByteArrayOutputStream all = new ByteArrayOutputStream(head.length + body.length);
        all.writeBytes(head);
        all.writeBytes(body);
        boolean sent = sent(() -> out.write(all.toByteArray()));
        return answer(question, () -> sent);
    }

    private HttpResponse askStreaming(HttpRequest question, byte[] start, InputStream rest) throws IOException {
        Sender sender = new Sender(question, start, rest);
        Thread thread = Thread.ofVirtual().name("pipelock-send").start(sender);
        try {
            return answer(question, sender::isDone);
        } catch (IOException e) {
            IOException fault = sender.fault;
            throw fault == null ? e : fault;
        } finally {
            if (!sender.isDone()) {
                close();
            }
            join(thread);
        }
    }

    private HttpResponse answer(HttpRequest question, BooleanSupplier sent) throws IOException {
        for (int interim = 0; interim <= MOST_INTERIM; interim++) {
            String line = reader.startLine();
            if (line == null) {
                throw new EOFException("closed without an answer");
            }
            if (!STATUS_LINE.matcher(line).matches()) {
                throw new WireException("an answer that is not HTTP");
            }
            int status = Integer.parseInt(line.substring(9, 12));
            List<HeaderField> fields = reader.fields();
            if (status == 101) {
                throw new WireException("an answer that switches protocols");
            }
            if (status >= 200) {
                return answer(question, sent, line, status, fields);
            }
        }
        throw new WireException("nothing but interim answers");
    }

    private HttpResponse answer(
            HttpRequest question, BooleanSupplier sent, String line, int status, List<HeaderField> fields)
            throws IOException {
        boolean none = status == 204 || status == 304 || question.method().equals("HEAD");
        WireBody body = none ? WireBody.ofLength(reader, 0) : reader.body(fields, true);
        ByteArrayOutputStream kept = new ByteArrayOutputStream();
        if (question.bodyWanted().test(status)) {
            byte[] piece = new byte[4096];
            for (int n = body.read(piece, 0, piece.length); n >= 0; n = body.read(piece, 0, piece.length)) {
                kept.write(piece, 0, n);
                if (kept.size() > LONGEST_ANSWER) {
                    throw new WireException("an answer of more than " + LONGEST_ANSWER + " bytes");
                }
            }
        }
        boolean closes = line.startsWith("HTTP/1.0")
                || Syntax.values(fields, "connection").stream()
                        .anyMatch(v -> v.toLowerCase(Locale.ROOT).contains("close"));
        reusable = !closes && body.ended() && sent.getAsBoolean();
        return new HttpResponse(status, fields, kept.toString(StandardCharsets.UTF_8));
    }

    // A broken write after an early answer is no error: the answer is still there to be read.
    private static boolean sent(Writing writing) {
        try {
            writing.write();
            return true;
        } catch (IOException brokenOff) {
            return false;
        }
    }

    private static void whole(HttpRequest question, long length) throws IOException {
        long expected = question.body().length();
        if (expected >= 0 && expected != length) {
            throw new BodyRefusedException(Reason.UNREADABLE, "the body is not as long as it was said to be");
        }
    }

    private static InetSocketAddress resolved(InetSocketAddress address) {
        return address.isUnresolved() ? new InetSocketAddress(address.getHostString(), address.getPort()) : address;
    }

    private static void join(Thread thread) {
        boolean interrupted = false;
        while (true) {
            try {
                thread.join();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    @FunctionalInterface
    private interface Writing {
        void write() throws IOException;
    }

    /** Sends a long question while its answer is awaited. */
    private final class Sender implements Runnable {
        private final HttpRequest question;
        private final byte[] start;
        private final InputStream rest;
        private volatile boolean done;
        /** Set when the body, not the connection, was at fault. */
        private volatile @Nullable IOException fault;

        Sender(HttpRequest question, byte[] start, InputStream rest) {
            this.question = question;
            this.start = start;
            this.rest = rest;
        }

        boolean isDone() {
            return done;
        }

        @Override
        public void run() {
            try {
                done = sent(this::send);
            } catch (RuntimeException e) {
                fault = new IOException("the body could not be read", e);
                sent(Connection.this::close);
            }
        }

        private void send() throws IOException {
            long length = question.body().length();
            out.write(question.head(length));
            byte[] piece = start;
            int n = start.length;
            long total = 0;
            while (n > 0) {
                total += n;
                byte[] framed = length < 0 ? chunk(piece, n) : piece;
                out.write(framed, 0, length < 0 ? framed.length : n);
                piece = new byte[PIECE];
                n = next(piece);
            }
            checkLength(total);
            if (length < 0) {
                out.write(Syntax.bytes("0\r\n\r\n"));
            }
        }

        private int next(byte[] piece) throws IOException {
            try {
                return rest.readNBytes(piece, 0, piece.length);
            } catch (IOException e) {
                throw broken(e);
            }
        }

        private void checkLength(long total) throws IOException {
            try {
                whole(question, total);
            } catch (IOException e) {
                throw broken(e);
            }
        }

        // A request cut short must not be answered, so the connection is closed.
        private IOException broken(IOException e) throws IOException {
            fault = e;
            close();
            return e;
        }

        private static byte[] chunk(byte[] piece, int n) {
            ByteArrayOutputStream chunk = new ByteArrayOutputStream(n + 16);
            chunk.writeBytes(Syntax.bytes(Integer.toHexString(n) + "\r\n"));
            chunk.write(piece, 0, n);
            chunk.writeBytes(Syntax.bytes("\r\n"));
            return chunk.toByteArray();
        }
    }
}
