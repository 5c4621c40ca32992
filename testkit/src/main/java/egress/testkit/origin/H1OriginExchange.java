package egress.testkit.origin;

import egress.testkit.wire.Field;
import egress.testkit.wire.H1Body;
import egress.testkit.wire.H1Reader;
import egress.testkit.wire.H2Frame;
import egress.testkit.wire.HttpHead;
import egress.testkit.wire.HttpSyntaxException;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.util.List;

/** An exchange on an h1 connection. */
final class H1OriginExchange extends OriginExchange {
    private static final int PATIENCE_MILLIS = 10_000;

    private final Socket tcp;
    private final H1Reader reader;
    private final OutputStream out;
    private final HttpHead head;
    private final H1Body body;
    private boolean expectsContinue;
    private boolean rejected;
    private boolean chunked;
    private boolean bodyless;
    private boolean close;
    private boolean http10;

    H1OriginExchange(RecordedRequest request, Socket tcp, H1Reader reader, OutputStream out, HttpHead head)
            throws IOException {
        super(request);
        this.tcp = tcp;
        this.reader = reader;
        this.out = out;
        this.head = head;
        body = reader.requestBody(head);
        expectsContinue = head.lists("expect", "100-continue");
        http10 = head.version().equals("HTTP/1.0");
        close = head.lists("connection", "close") || http10;
        if (body.ended()) {
            request.completed(List.of());
        }
    }

    @Override
    int readBody(byte[] into) throws IOException {
        if (rejected) {
            return -1;
        }
        if (expectsContinue && !body.ended()) {
            writeInterim(100, List.of());
        }
        expectsContinue = false;
        return body.read(into, 0, into.length);
    }

    @Override
    List<Field> requestTrailers() {
        return body.trailers();
    }

    @Override
    void writeInterim(int status, List<Field> fields) throws IOException {
        expectsContinue &= status != 100;
        send(headBytes("HTTP/1.1", status, fields));
    }

    @Override
    void writeHead(int status, List<Field> fields) throws IOException {
        bodyless = status == 204 || status == 304 || head.method().equals("HEAD");
        boolean framed = Field.first(fields, "content-length").isPresent()
                || Field.first(fields, "transfer-encoding").isPresent();
        // RFC 9110 §10.1.1: a final answer instead of the 100; this origin will not read what may still come.
        rejected = expectsContinue && !body.ended();
        close |= rejected || Field.values(fields, "connection").contains("close");
        chunked = !bodyless && !framed && !http10 && !close;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        String version = http10 ? "HTTP/1.0" : "HTTP/1.1";
        String lines = headText(version, status, fields);
        String more = (chunked ? "transfer-encoding: chunked\r\n" : "")
                + (close && Field.first(fields, "connection").isEmpty() ? "connection: close\r\n" : "");
        bytes.writeBytes(H1Reader.latin1(lines + more + "\r\n"));
        send(bytes.toByteArray());
    }

    /** Answers as a server of HTTP/1.0 does, whatever the request's version. */
    void answerAsHttp10() {
        http10 = true;
        close = true;
    }

    private static String headText(String version, int status, List<Field> fields) {
        StringBuilder text = new StringBuilder(version + " " + status + " " + reason(status) + "\r\n");
        fields.forEach(field -> text.append(field).append("\r\n"));
        return text.toString();
    }

    private static byte[] headBytes(String version, int status, List<Field> fields) {
        return H1Reader.latin1(headText(version, status, fields) + "\r\n");
    }

    private static String reason(int status) {
        return HttpResponseStatus.valueOf(status).reasonPhrase();
    }

    @Override
    void writeBody(byte[] bytes, int length) throws IOException {
        if (bodyless || length == 0) {
            return;
        }
        if (!chunked) {
            out.write(bytes, 0, length);
            out.flush();
            return;
        }
        ByteArrayOutputStream chunk = new ByteArrayOutputStream(length + 16);
        chunk.writeBytes(H1Reader.latin1(Integer.toHexString(length) + "\r\n"));
        chunk.write(bytes, 0, length);
        chunk.writeBytes(H1Reader.latin1("\r\n"));
        send(chunk.toByteArray());
    }

    @Override
    void writeEnd(List<Field> trailers) throws IOException {
        if (chunked) {
            StringBuilder last = new StringBuilder("0\r\n");
            trailers.forEach(field -> last.append(field).append("\r\n"));
            send(H1Reader.latin1(last.append("\r\n").toString()));
        }
    }

    @Override
    void writeReset(H2Frame.ErrorCode code) throws IOException {
        close = true;
        tcp.setSoLinger(true, 0);
        tcp.close();
    }

    @Override
    IOException readGone() throws IOException {
        tcp.setSoTimeout(PATIENCE_MILLIS);
        try {
            int b = reader.stream().read();
            return b < 0
                    ? new IOException("the connection was closed")
                    : new HttpSyntaxException("byte " + b + " after the request (expected: the connection's end)");
        } catch (SocketTimeoutException e) {
            throw new SocketTimeoutException("the proxy keeps the connection (expected: its end)");
        } catch (IOException e) {
            return e;
        }
    }

    @Override
    Upgraded writeUpgrade(byte[] early, List<Field> fields) throws IOException {
        close = true;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.writeBytes(headBytes("HTTP/1.1", 101, fields));
        bytes.writeBytes(early);
        send(bytes.toByteArray());
        return new Upgraded(reader.stream(), out);
    }

    @Override
    public void raw(byte[] bytes) throws IOException {
        send(bytes);
    }

    private void send(byte[] bytes) throws IOException {
        out.write(bytes);
        out.flush();
    }

    /** Leaves the connection ready for the next request, or says that there will be none. */
    boolean finish() throws IOException {
        if (tcp.isClosed()) {
            return false;
        }
        if (!ended() && headWritten()) {
            end();
        }
        if (!close) {
            drain();
        }
        return !close;
    }

    /** Ends the connection so that what was written arrives: a FIN, and then reading until the other side's. */
    void lingeringClose() {
        try {
            tcp.setSoTimeout(5_000);
            if (!tcp.isOutputShutdown()) {
                tcp.shutdownOutput();
            }
            byte[] dropped = new byte[8192];
            int n;
            do {
                n = tcp.getInputStream().read(dropped);
            } while (n >= 0);
        } catch (SocketException e) {
            // Already ended from the other side.
        } catch (IOException e) {
            // It had its time.
        }
    }
}
