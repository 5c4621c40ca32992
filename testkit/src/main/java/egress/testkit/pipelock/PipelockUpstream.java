package egress.testkit.pipelock;

import egress.testkit.wire.Field;
import egress.testkit.wire.H1Reader;
import egress.testkit.wire.HttpHead;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A recorded pipelock's kept-alive connection to the sink. */
final class PipelockUpstream implements AutoCloseable {
    private final InetSocketAddress sink;
    private @Nullable Socket socket;
    private List<Field> fields = List.of();

    PipelockUpstream(InetSocketAddress sink) {
        this.sink = sink;
    }

    /** Of the last answer. */
    List<Field> fields() {
        return fields;
    }

    /** Puts it to the sink; 502 when there is none. */
    int ask(HttpHead head, byte[] body) throws IOException {
        fields = List.of();
        try {
            return once(head, body);
        } catch (IOException stale) {
            close();
        }
        try {
            return once(head, body);
        } catch (IOException down) {
            close();
            return 502;
        }
    }

    private int once(HttpHead head, byte[] body) throws IOException {
        Socket to = socket;
        if (to == null) {
            to = new Socket(sink.getAddress(), sink.getPort());
            socket = to;
        }
        ByteArrayOutputStream question = new ByteArrayOutputStream();
        question.writeBytes(H1Reader.latin1(head.method() + " " + head.target() + " HTTP/1.1\r\nHost: sink\r\n"));
        for (Field field : head.fields()) {
            boolean own = List.of("host", "content-length", "transfer-encoding", "connection")
                    .contains(field.name().toLowerCase(Locale.ROOT));
            question.writeBytes(H1Reader.latin1(own ? "" : field + "\r\n"));
        }
        question.writeBytes(H1Reader.latin1("Content-Length: " + body.length + "\r\n\r\n"));
        question.writeBytes(body);
        to.getOutputStream().write(question.toByteArray());
        H1Reader reader = new H1Reader(to.getInputStream());
        HttpHead answer = reader.responseHead();
        if (answer == null) {
            throw new IOException("the sink closed the connection");
        }
        reader.responseBody(answer, head.method()).readAllBytes();
        fields = answer.fields();
        return answer.status();
    }

    @Override
    public void close() throws IOException {
        Socket to = socket;
        socket = null;
        if (to != null) {
            to.close();
        }
    }
}
