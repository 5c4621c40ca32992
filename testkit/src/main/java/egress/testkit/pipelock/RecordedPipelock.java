package egress.testkit.pipelock;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import egress.testkit.FreePort;
import egress.testkit.pipelock.PipelockRow.Answer;
import egress.testkit.wire.Field;
import egress.testkit.wire.H1Body;
import egress.testkit.wire.H1Reader;
import egress.testkit.wire.HttpHead;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A verdict server that answers as pipelock 2.3.0 was recorded to (see {@link PipelockRow}), with its habits: a block that the head
 * decides is answered before the body is read, a body over 5 MiB before its end, and a connection with much left unread is closed; what
 * is allowed really goes to the sink, and without a sink there is a 502. It can also be made to misbehave.
 */
public final class RecordedPipelock implements PipelockServer {
    /** Go reads this much of a body that nobody asked for, to keep the connection. */
    private static final int DRAINED = 256 * 1024;

    private static final int MAX_BODY = 5 * 1024 * 1024;

    private final PipelockBook book;
    private final InetSocketAddress sink;
    private final Map<Listener, Integer> ports = new EnumMap<>(Listener.class);
    private final List<ServerSocket> listeners = new ArrayList<>();
    private final List<Thread> accepters = new ArrayList<>();
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final Map<Listener, Integer> asked = new ConcurrentHashMap<>();
    private final AtomicInteger connections = new AtomicInteger();
    private volatile PipelockFault fault = PipelockFault.NONE;
    private volatile Duration longest = Duration.ofMillis(50);
    private volatile String sleepy = "";
    private volatile Duration sleep = Duration.ZERO;
    private volatile List<Field> lastVerdict = List.of();

    private RecordedPipelock(InetSocketAddress sink) throws IOException {
        this.book = PipelockBook.recorded();
        this.sink = sink;
        for (Listener listener : Listener.values()) {
            ports.put(listener, FreePort.find());
        }
    }

    /** Listens, with its reverse proxy's upstream at {@code sink}; what it is asked by the other ways never leaves it. */
    public static RecordedPipelock start(InetSocketAddress sink) throws IOException {
        RecordedPipelock pipelock = new RecordedPipelock(sink);
        pipelock.restart();
        return pipelock;
    }

    /** Misbehaves from now on. */
    public void fault(PipelockFault how) {
        fault = how;
    }

    /** Cuts recorded times down to this; 50 ms at first. */
    public void longestDelay(Duration time) {
        longest = time;
    }

    /** Takes so long for each question whose target holds the text. */
    public void sleepsAt(String text, Duration time) {
        sleepy = text;
        sleep = time;
    }

    /** How many questions came to that listener. */
    public int asked(Listener listener) {
        return asked.getOrDefault(listener, 0);
    }

    /** How many connections were accepted. */
    public int connections() {
        return connections.get();
    }

    @Override
    public URI uri(Listener listener) {
        return URI.create("http://127.0.0.1:" + ports.get(listener));
    }

    @Override
    public void stop() throws IOException {
        for (ServerSocket listener : listeners) {
            listener.close();
        }
        // The port is free once nobody accepts there any more.
        for (Thread accepter : accepters) {
            joined(accepter);
        }
        listeners.clear();
        accepters.clear();
        for (Socket socket : open) {
            reset(socket);
        }
        open.clear();
    }

    @Override
    public void restart() throws IOException {
        for (Listener which : Listener.values()) {
            ServerSocket listener = new ServerSocket();
            listener.setReuseAddress(true);
            listener.bind(
                    new InetSocketAddress(
                            InetAddress.ofLiteral("127.0.0.1"), uri(which).getPort()),
                    512);
            listeners.add(listener);
            accepters.add(Thread.ofVirtual().name("pipelock-" + which).start(() -> accept(which, listener)));
        }
    }

    @Override
    public void close() throws IOException {
        stop();
    }

    private static void joined(Thread thread) throws IOException {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private static void reset(Socket socket) throws IOException {
        try {
            socket.setSoLinger(true, 0);
        } catch (SocketException closedAlready) {
            return;
        }
        socket.close();
    }

    private void accept(Listener which, ServerSocket listener) {
        while (!listener.isClosed()) {
            try {
                Socket socket = listener.accept();
                connections.incrementAndGet();
                open.add(socket);
                Thread.ofVirtual().start(() -> serve(which, socket));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void serve(Listener which, Socket socket) {
        try (socket;
                PipelockUpstream upstream = new PipelockUpstream(sink)) {
            socket.setTcpNoDelay(true);
            H1Reader reader = new H1Reader(new BufferedInputStream(socket.getInputStream()));
            for (HttpHead head = reader.requestHead(); head != null; head = reader.requestHead()) {
                asked.merge(which, 1, Integer::sum);
                if (!sleepy.isEmpty() && head.target().contains(sleepy)) {
                    TimeUnit.NANOSECONDS.sleep(sleep.toNanos());
                }
                Conversation conversation = new Conversation(which, socket, reader.requestBody(head), head, upstream);
                if (!conversation.hold()) {
                    return;
                }
            }
        } catch (IOException | InterruptedException gone) {
            // The asker went away, or broke the protocol: it gets no answer, and the test sees that.
        } finally {
            open.remove(socket);
        }
    }

    /** One question and its answer. */
    private final class Conversation {
        private final Listener which;
        private final Socket socket;
        private final OutputStream out;
        private final H1Body body;
        private final HttpHead head;
        private final PipelockUpstream upstream;

        Conversation(Listener which, Socket socket, H1Body body, HttpHead head, PipelockUpstream upstream)
                throws IOException {
            this.which = which;
            this.socket = socket;
            this.out = socket.getOutputStream();
            this.body = body;
            this.head = head;
            this.upstream = upstream;
        }

        /** Answers; whether another question may follow. */
        boolean hold() throws IOException, InterruptedException {
            return switch (fault) {
                case NONE -> answer();
                case SILENT -> {
                    body.readAllBytes();
                    yield socket.getInputStream().read() >= 0;
                }
                case CLOSES -> false;
                case GARBAGE -> {
                    body.readAllBytes();
                    out.write(H1Reader.latin1("SSH-2.0-nothing like HTTP\r\n\r\n"));
                    yield false;
                }
                case RATE_LIMITED -> refuse(429, "{\"error\":\"rate limited\"}");
                case SUSPENDED -> refuse(503, "{\"error\":\"kill_switch_active\",\"message\":\"stopped\"}");
                case RESETS -> {
                    body.readAllBytes();
                    out.write(H1Reader.latin1("HTTP/1.1 204 No Content\r\nServer: pipe"));
                    socket.setSoLinger(true, 0);
                    yield false;
                }
                case CUTS -> {
                    body.readAllBytes();
                    out.write(H1Reader.latin1("HTTP/1.1 403 Forbidden\r\nContent-Length: 1000\r\n\r\n{\"blocked\":"));
                    yield false;
                }
                case WARNS_ONLY -> allowEverything();
                case BLOCKS_ALL -> blockEverything();
                case FORGES -> {
                    body.readAllBytes();
                    yield write(204, Field.list("Egress-Verdict", "0123456789abcdef.guess", "X-Nonce", "guess"), "");
                }
                case REPLAYS -> replay();
                case DOUBLES -> {
                    upstream.ask(head, body.readAllBytes());
                    yield write(204, twice(upstream.fields()), "");
                }
                case REWRITES -> {
                    byte[] rewritten = body.readAllBytes();
                    if (rewritten.length == 0) {
                        rewritten = new byte[1];
                    }
                    rewritten[0] = '*';
                    yield write(upstream.ask(head, rewritten), upstream.fields(), "");
                }
                case FLOODS -> flood();
                case CONFUSED -> refuse(200, "{\"status\":\"error\",\"decision\":\"allow\",\"kind\":\"url\"}");
            };
        }

        private boolean answer() throws IOException, InterruptedException {
            return switch (which) {
                case REVERSE -> reverse();
                case FORWARD -> forward();
                case SCAN -> scan();
            };
        }

        private boolean reverse() throws IOException, InterruptedException {
            boolean coded = head.value("content-encoding").isPresent();
            Answer early = book.reverse(head, "");
            if (coded || (!early.passed() && !early.body().contains("\"DLP:"))) {
                String said = coded ? PipelockRow.named("gzip body").sink().body() : early.body();
                return early(403, Field.list("Content-Type", "application/json"), said, early.time());
            }
            String asked = latin1(body.readNBytes(MAX_BODY + 1));
            Answer answer = book.reverse(head, asked);
            if (asked.length() > MAX_BODY) {
                return early(answer.status(), List.of(), answer.body(), answer.time());
            }
            pause(answer.time());
            if (!answer.passed()) {
                return write(answer.status(), answer.fields(), answer.body());
            }
            int status = upstream.ask(head, asked.getBytes(StandardCharsets.ISO_8859_1));
            lastVerdict = upstream.fields();
            return status == 502
                    ? write(
                            502,
                            Field.list("Content-Type", "application/json"),
                            "{\"error\":\"upstream unavailable\",\"blocked\":false,\"block_reason\":\"\",\"direction\":\"\"}\n")
                    : write(status, upstream.fields(), "");
        }

        private boolean forward() throws IOException, InterruptedException {
            String target = head.target().replaceFirst("^http://[^/?]*", "");
            String asked = latin1(body.readNBytes(MAX_BODY + 1));
            Answer answer = book.forward(head, target, asked);
            if (asked.length() > MAX_BODY) {
                return early(answer.status(), answer.fields(), answer.body(), answer.time());
            }
            pause(answer.time());
            return write(answer);
        }

        private boolean scan() throws IOException {
            byte[] asked = body.readAllBytes();
            List<Field> json = Field.list("Content-Type", "application/json");
            if (!head.value("authorization").equals(Optional.of("Bearer " + TOKEN))) {
                return write(401, json, "{\"status\":\"error\",\"errors\":[{\"code\":\"unauthorized\"}]}");
            }
            JsonNode question = new ObjectMapper().readTree(asked);
            JsonNode input = question.path("input");
            String said = question.path("kind").asText().equals("url")
                    ? book.url(input.path("url").asText())
                    : book.text(input.path("text").asText());
            return write(200, json, said);
        }

        private boolean allowEverything() throws IOException {
            byte[] asked = body.readAllBytes();
            if (which == Listener.REVERSE) {
                return write(upstream.ask(head, asked), upstream.fields(), "");
            }
            return write(PipelockBook.allowed(which, asked));
        }

        private boolean blockEverything() throws IOException {
            return write(PipelockBook.blocked(which, body.readAllBytes()));
        }

        private boolean replay() throws IOException {
            List<Field> before = lastVerdict;
            upstream.ask(head, body.readAllBytes());
            return write(204, before, "");
        }

        private boolean flood() throws IOException {
            body.readAllBytes();
            out.write(H1Reader.latin1("HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\n\r\nblocked: "));
            byte[] more = new byte[4096];
            while (true) {
                out.write(more);
            }
        }

        private boolean refuse(int status, String said) throws IOException {
            body.readAllBytes();
            return write(status, Field.list("Content-Type", "application/json"), said);
        }

        /** Answers with the body unread, reads some of it, and hangs up when that is not all. */
        private boolean early(int status, List<Field> fields, String said, Duration time)
                throws IOException, InterruptedException {
            pause(time);
            write(status, fields, said);
            body.readNBytes(DRAINED);
            if (body.ended()) {
                return true;
            }
            socket.shutdownOutput();
            socket.setSoTimeout(500);
            try {
                socket.getInputStream().transferTo(OutputStream.nullOutputStream());
            } catch (IOException enough) {
                return false;
            }
            return false;
        }

        private boolean write(Answer answer) throws IOException {
            return write(answer.status(), answer.fields(), answer.body());
        }

        private boolean write(int status, List<Field> fields, String said) throws IOException {
            StringBuilder answer = new StringBuilder("HTTP/1.1 " + status + " Recorded\r\n");
            for (Field field : fields) {
                boolean framing = field.name().equalsIgnoreCase("content-length")
                        || field.name().equalsIgnoreCase("connection");
                answer.append(framing ? "" : field + "\r\n");
            }
            if (status != 204) {
                answer.append("Content-Length: ").append(said.length()).append("\r\n");
            }
            boolean empty = head.method().equals("HEAD");
            out.write(H1Reader.latin1(answer + "\r\n" + (empty ? "" : said)));
            return true;
        }

        private void pause(Duration time) throws InterruptedException {
            Thread.sleep(time.compareTo(longest) < 0 ? time : longest);
        }
    }

    private static List<Field> twice(List<Field> fields) {
        List<Field> out = new ArrayList<>(fields);
        out.addAll(fields);
        return out;
    }

    private static String latin1(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }
}
