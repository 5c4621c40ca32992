package egress.dlp.pipelock;

import egress.dlp.HeaderField;
import egress.dlp.coding.BlockStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The upstream of pipelock's reverse proxy: what arrives here was let through. A question's nonce goes back only when the question is
 * being asked and its body arrived unchanged, so that a pipelock which rewrites what it lets through does not vouch for the rest.
 */
final class Sink implements Closeable {
    static final String QUESTION = "Egress-Question";
    static final String VERDICT = "Egress-Verdict";

    /** Longer than the 90 seconds for which pipelock keeps an idle connection, so that it never writes into a closed one. */
    private static final int IDLE_MILLIS = 180_000;

    /**
     * No vowel and no digit: pipelock reads the id too, and must not take it for the beginning of a key (AKIA and its like), nor for
     * a part of what stands beside it, which the asterisks keep apart.
     */
    private static final String ID_LETTERS = "bcdfghjkmnpqrtvwxz";

    private static final int MOST_CONNECTIONS = 1024;
    private static final Pattern REQUEST_LINE = Pattern.compile("[!-~]+ [!-~\\x80-\\xff]+ HTTP/1\\.1");
    private static final byte[] BAD_REQUEST =
            Syntax.bytes("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    private static final byte[] NOT_ASKED = Syntax.bytes("HTTP/1.1 409 Conflict\r\nContent-Length: 0\r\n\r\n");

    private final SecureRandom random;
    private final String nonce;
    private final ServerSocket server;
    private final Thread accepter;
    private final Map<String, Asked> asked = new ConcurrentHashMap<>();
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();

    /** Listens at that address; port 0 takes any. */
    Sink(InetSocketAddress listen, SecureRandom random) throws IOException {
        this.random = random;
        byte[] secret = new byte[16];
        random.nextBytes(secret);
        this.nonce = HexFormat.of().formatHex(secret);
        this.server = new ServerSocket();
        try {
            server.setReuseAddress(true);
            server.bind(
                    listen.isUnresolved() ? new InetSocketAddress(listen.getHostString(), listen.getPort()) : listen,
                    512);
        } catch (IOException e) {
            server.close();
            throw new IOException("pipelock sink: cannot listen at " + words(listen) + ": " + e.getMessage(), e);
        }
        this.accepter = Thread.ofVirtual().name("pipelock-sink").unstarted(this::accept);
        accepter.start();
    }

    InetSocketAddress address() {
        return (InetSocketAddress) server.getLocalSocketAddress();
    }

    static String words(InetSocketAddress address) {
        String host = address.getHostString();
        return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + address.getPort();
    }

    /** A question that is about to be put; closing it takes it back. */
    Asked open() {
        StringBuilder id = new StringBuilder(18).append('*');
        for (int i = 0; i < 16; i++) {
            id.append(ID_LETTERS.charAt(random.nextInt(ID_LETTERS.length())));
        }
        Asked question = new Asked(id.append('*').toString());
        asked.put(question.id, question);
        return question;
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                if (open.size() >= MOST_CONNECTIONS) {
                    socket.close();
                } else {
                    open.add(socket);
                    Thread.ofVirtual().name("pipelock-sink-connection").start(() -> serve(socket));
                }
            } catch (IOException e) {
                // Closed, or out of file descriptors: then pipelock answers 502, which denies.
                pause();
            }
        }
    }

    private void pause() {
        try {
            Thread.sleep(server.isClosed() ? 0 : 20);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(IDLE_MILLIS);
            InputStream in = socket.getInputStream();
            WireReader reader = new WireReader(in);
            boolean more = true;
            while (more) {
                more = serveOne(reader, socket.getOutputStream());
            }
        } catch (IOException gone) {
            // pipelock answers the waiting request with 502.
        } finally {
            open.remove(socket);
        }
    }

    private boolean serveOne(WireReader reader, OutputStream out) throws IOException {
        try {
            String line = reader.startLine();
            if (line == null) {
                return false;
            }
            if (!REQUEST_LINE.matcher(line).matches()) {
                throw new WireException("a malformed request line");
            }
            List<HeaderField> fields = reader.fields();
            byte[] digest = digest(reader.body(fields, false));
            out.write(answer(fields, digest));
            return true;
        } catch (WireException e) {
            out.write(BAD_REQUEST);
            return false;
        }
    }

    private byte[] answer(List<HeaderField> fields, byte[] digest) {
        List<String> ids = Syntax.values(fields, QUESTION);
        Asked question = ids.isEmpty() ? null : asked.get(ids.getFirst());
        if (question == null) {
            return NOT_ASKED;
        }
        byte[] sent = question.sent;
        if (sent == null || !MessageDigest.isEqual(sent, digest)) {
            question.changed = true;
            return NOT_ASKED;
        }
        return Syntax.bytes("HTTP/1.1 204 No Content\r\n" + VERDICT + ": " + question.nonce() + "\r\n\r\n");
    }

    private static byte[] digest(WireBody body) throws IOException {
        MessageDigest digest = sha256();
        byte[] piece = new byte[8192];
        for (int n = body.read(piece, 0, piece.length); n >= 0; n = body.read(piece, 0, piece.length)) {
            digest.update(piece, 0, n);
        }
        return digest.digest();
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("SHA-256 is in every JDK", e);
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
        for (Socket socket : open) {
            socket.close();
        }
        try {
            // The port is free for the next sink once nothing accepts there any more.
            accepter.join(Duration.ofSeconds(1));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** One question that is being put to pipelock. */
    final class Asked implements AutoCloseable {
        private final String id;
        private volatile byte @Nullable [] sent;
        private volatile boolean changed;

        private Asked(String id) {
            this.id = id;
        }

        String id() {
            return id;
        }

        /** The same body; its digest is known here before its last byte is sent. */
        RequestBody watched(RequestBody body) {
            return new DigestedBody(body, digest -> sent = digest);
        }

        /** Whether that answer carries this question's nonce, once. */
        boolean granted(HttpResponse answer) {
            List<String> verdicts = answer.values(VERDICT);
            return answer.status() == 204
                    && verdicts.size() == 1
                    && MessageDigest.isEqual(Syntax.bytes(verdicts.getFirst()), Syntax.bytes(nonce()));
        }

        /** Whether it arrived, but with another body. */
        boolean hasChanged() {
            return changed;
        }

        private String nonce() {
            return nonce + '.' + id;
        }

        @Override
        public void close() {
            asked.remove(id);
        }
    }

    private record DigestedBody(RequestBody body, Consumer<byte[]> whole) implements RequestBody {
        @Override
        public long length() {
            return body.length();
        }

        @Override
        public InputStream open() throws IOException {
            return new DigestedStream(body.open(), body.length(), whole);
        }
    }

    /** Tells the digest when the last byte was read, which is before it is sent. */
    private static final class DigestedStream extends BlockStream {
        private final InputStream in;
        private final long length;
        private final Consumer<byte[]> whole;
        private final MessageDigest digest = sha256();
        private long total;
        private boolean told;

        DigestedStream(InputStream in, long length, Consumer<byte[]> whole) {
            this.in = in;
            this.length = length;
            this.whole = whole;
            tellWhenWhole(length == 0);
        }

        @Override
        public int read(byte[] into, int offset, int count) throws IOException {
            int n = in.read(into, offset, count);
            if (n > 0) {
                digest.update(into, offset, n);
                total += n;
            }
            tellWhenWhole(n < 0 || total == length);
            return n;
        }

        private void tellWhenWhole(boolean now) {
            if (now && !told) {
                told = true;
                whole.accept(digest.digest());
            }
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }
}
