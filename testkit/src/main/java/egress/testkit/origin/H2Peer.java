package egress.testkit.origin;

import egress.testkit.wire.Field;
import egress.testkit.wire.H2Frame;
import egress.testkit.wire.H2Wire;
import egress.testkit.wire.HttpSyntaxException;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The server's side of an h2 connection in the hands of a script: it does nothing by itself but acknowledge SETTINGS and PING. */
public final class H2Peer {
    /**
     * A request head.
     *
     * @param end whether no body follows
     */
    public record Request(int streamId, List<Field> fields, boolean end) {
        /** The value of the first field of that name. */
        public String value(String name) {
            return Field.first(fields, name).orElse("");
        }
    }

    private final HostileOrigin origin;
    private final H2Wire wire;
    private boolean started;

    H2Peer(HostileOrigin origin, H2Wire wire) {
        this.origin = origin;
        this.wire = wire;
    }

    /** The bare frames. */
    public H2Wire wire() {
        return wire;
    }

    /** Reads the client's preface and sends these SETTINGS frames. */
    public H2Peer start(H2Frame... settings) throws IOException {
        readPreface();
        wire.write(settings.length == 0 ? new H2Frame[] {H2Frame.settings()} : settings);
        return this;
    }

    /** Reads the client's preface and says nothing. */
    public void readPreface() throws IOException {
        byte[] preface = wire.readBytes(H2Wire.PREFACE.length());
        if (!new String(preface, StandardCharsets.ISO_8859_1).equals(H2Wire.PREFACE)) {
            throw new HttpSyntaxException("no h2 preface");
        }
        started = true;
    }

    /** Reads frames up to the next request head, starting with empty SETTINGS when nothing was said yet. */
    public Request awaitRequest() throws IOException {
        if (!started) {
            start();
        }
        H2Frame first = awaitFrame(H2Frame.HEADERS);
        ByteArrayOutputStream section = new ByteArrayOutputStream();
        int skip = first.has(H2Frame.PRIORITY_FLAG) ? 5 : 0;
        section.write(first.payload(), skip, first.payload().length - skip);
        H2Frame last = first;
        while (!last.has(H2Frame.END_HEADERS)) {
            last = awaitFrame(H2Frame.CONTINUATION);
            section.writeBytes(last.payload());
        }
        return new Request(first.streamId(), wire.decode(section.toByteArray()), first.has(H2Frame.END_STREAM));
    }

    /** Reads frames up to the next of that type. */
    public H2Frame awaitFrame(int type) throws IOException {
        while (true) {
            H2Frame frame = wire.read();
            if (frame == null) {
                throw new EOFException("the connection ended before a frame of type " + type);
            }
            origin.saw(frame);
            if (frame.type() == H2Frame.SETTINGS && !frame.has(H2Frame.ACK)) {
                wire.write(H2Frame.settingsAck());
            } else if (frame.type() == H2Frame.PING && !frame.has(H2Frame.ACK)) {
                wire.write(new H2Frame(H2Frame.PING, H2Frame.ACK, 0, frame.payload()));
            }
            if (frame.type() == type) {
                return frame;
            }
        }
    }

    /** Sends a response head. */
    public void head(int streamId, int status, boolean end, String... namesAndValues) throws IOException {
        List<Field> fields = new ArrayList<>(List.of(new Field(":status", Integer.toString(status))));
        fields.addAll(Field.list(namesAndValues));
        wire.writeHeaders(streamId, fields, end);
    }

    /** Sends DATA, whatever the windows say. */
    public void data(int streamId, String text, boolean end) throws IOException {
        wire.write(H2Frame.data(streamId, text.getBytes(StandardCharsets.UTF_8), end));
    }

    /** Sends a whole 200. */
    public void respond(int streamId, String text) throws IOException {
        head(streamId, 200, false);
        data(streamId, text, true);
    }

    /** Answers every request from now on with a 200, as soon as its head is here. */
    public void serve(String text) throws IOException {
        while (true) {
            respond(awaitRequest().streamId(), text);
        }
    }

    /** Reads and drops what comes until the proxy ends the connection. */
    public void hang() throws IOException {
        for (H2Frame frame = wire.read(); frame != null; frame = wire.read()) {
            origin.saw(frame);
        }
    }

    /** Sends the frames over and over, as fast as the proxy takes them, while another thread reads; then waits for the end. */
    public void flood(int times, H2Frame... frames) throws IOException, InterruptedException {
        Thread reader = Thread.ofVirtual().start(() -> {
            try {
                hang();
            } catch (IOException e) {
                // The flood will see it too.
            }
        });
        try {
            for (int i = 0; i < times; i++) {
                wire.write(frames);
            }
        } finally {
            reader.join();
        }
    }
}
