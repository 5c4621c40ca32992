package egress.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.ReferenceCountUtil;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One h2 stream's frames as the same parts that an h1 connection gives, and back (RFC 9113 §8.1), checked strictly. After a violation,
 * which is an {@link HttpFormatException}, every later frame is dropped.
 */
public abstract class H2Codec {
    private boolean headSeen;
    private boolean endSeen;
    private boolean broken;
    /** Bytes of DATA still owed by the content-length; -1 when it does not say. */
    private long owed = -1;

    /** A head waits for what follows: an empty end of the message then needs no frame of its own. */
    private @Nullable Http2Headers heldHead;

    /** Where the frames of a message go. */
    interface Frames {
        void section(Http2Headers section, boolean end);

        /** Takes ownership of the data. */
        void data(ByteBuf data, boolean end);
    }

    /** Whose messages come. */
    abstract Sender sender();

    /** A head, from the first field section or after interim responses. */
    abstract HttpMessage head(Http2Headers section, boolean endOfStream);

    /** The section of a head. */
    abstract Http2Headers section(HttpMessage head);

    /** Whether the head stands alone: interim responses. */
    abstract boolean standsAlone(HttpMessage head);

    /** Whether there may be DATA, as the content-length counts it: not in a response to HEAD, nor in a 204 or 304 (RFC 9113 §8.1.1). */
    abstract boolean countsBody(HttpMessage head);

    /** Reads a HEADERS frame. */
    final void readSection(Http2Headers section, boolean end, Consumer<HttpObject> out) {
        if (broken) {
            return;
        }
        try {
            section(section, end, out);
        } catch (HttpFormatException e) {
            broken = true;
            throw e;
        }
    }

    /** Reads a DATA frame, and takes ownership of its bytes. */
    final void readData(ByteBuf data, boolean end, Consumer<HttpObject> out) {
        if (broken) {
            data.release();
            return;
        }
        try {
            count(data, end);
        } catch (HttpFormatException e) {
            data.release();
            broken = true;
            throw e;
        }
        if (end) {
            out.accept(new DefaultLastHttpContent(data));
        } else if (data.isReadable()) {
            out.accept(new DefaultHttpContent(data));
        } else {
            data.release();
        }
    }

    private void section(Http2Headers section, boolean end, Consumer<HttpObject> out) {
        if (endSeen) {
            throw new HttpFormatException("a field section after the end of the message");
        }
        if (headSeen) {
            out.accept(trailers(section, end));
            return;
        }
        HttpMessage head = head(section, end);
        if (standsAlone(head)) {
            if (end) {
                throw new HttpFormatException("an interim response that ends the stream (RFC 9113 §8.1)");
            }
            out.accept(head);
            return;
        }
        headSeen = true;
        owed = countsBody(head) ? H2Heads.contentLength(head.headers(), sender()) : 0;
        if (end) {
            finish();
            out.accept(head);
            out.accept(LastHttpContent.EMPTY_LAST_CONTENT);
        } else {
            out.accept(head);
        }
    }

    private HttpObject trailers(Http2Headers section, boolean end) {
        if (!end) {
            throw new HttpFormatException("trailers that do not end the stream (RFC 9113 §8.1)");
        }
        HttpHeaders trailers = H2Heads.regularFields(section, false, sender());
        finish();
        return trailers.isEmpty()
                ? LastHttpContent.EMPTY_LAST_CONTENT
                : new DefaultLastHttpContent(Unpooled.EMPTY_BUFFER, trailers);
    }

    private void count(ByteBuf data, boolean end) {
        if (!headSeen || endSeen) {
            throw new HttpFormatException("DATA outside of a message");
        }
        if (owed >= 0) {
            owed -= data.readableBytes();
            if (owed < 0) {
                throw new HttpFormatException("DATA where none may be, or beyond the content-length (RFC 9113 §8.1.1)");
            }
        }
        if (end) {
            finish();
        }
    }

    private void finish() {
        if (owed > 0) {
            throw new HttpFormatException("less DATA than the content-length (RFC 9113 §8.1.1)");
        }
        endSeen = true;
    }

    /** Writes a part, and takes ownership of it; a head is held until more is known. */
    final void write(HttpObject part, Frames out) {
        switch (part) {
            case HttpMessage head -> writeHead(head, out);
            case LastHttpContent last -> writeLast(last, out);
            case HttpContent content -> {
                writeHeldHead(false, out);
                out.data(content.content(), false);
            }
            default -> {
                ReferenceCountUtil.release(part);
                throw new IllegalArgumentException("no part of a message: " + part.getClass());
            }
        }
    }

    private void writeHead(HttpMessage head, Frames out) {
        Http2Headers section = section(head);
        if (standsAlone(head)) {
            out.section(section, false);
        } else {
            heldHead = section;
        }
    }

    private void writeLast(LastHttpContent last, Frames out) {
        boolean hasData = last.content().isReadable();
        HttpHeaders trailers = last.trailingHeaders();
        if (!hasData && trailers.isEmpty() && heldHead != null) {
            last.release();
            writeHeldHead(true, out);
            return;
        }
        writeHeldHead(false, out);
        if (trailers.isEmpty()) {
            out.data(last.content(), true);
            return;
        }
        if (hasData) {
            out.data(last.content(), false);
        } else {
            last.release();
        }
        Http2Headers section = H2Heads.newSection(trailers.size());
        H2Heads.addTo(section, trailers, false);
        out.section(section, true);
    }

    private void writeHeldHead(boolean end, Frames out) {
        Http2Headers head = heldHead;
        if (head != null) {
            heldHead = null;
            out.section(head, end);
        }
    }

    /** Whether a head waits for what follows it. */
    final boolean holdsHead() {
        return heldHead != null;
    }

    /** Writes a head that waits: nothing follows it for now. */
    final void flush(Frames out) {
        writeHeldHead(false, out);
    }
}
