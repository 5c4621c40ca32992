package egress.server.inspect;

import egress.server.flows.FlowFilter;
import egress.server.inspect.FlowStore.Changes;
import egress.server.inspect.FlowStore.Entry;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The changes of the store as server-sent events to one reader, on a thread of its own: it asks for more only when the last piece was
 * taken, so a slow reader misses steps between, never the last state.
 */
final class EventStream {
    private static final int BATCH = 500;
    private static final long SIGN_OF_LIFE_MILLIS = 15_000;
    /** Between two pieces: a page draws no faster. */
    private static final long PAUSE_MILLIS = 50;

    private final FlowStore store;
    private final FlowJson json;
    private final FlowFilter filter;
    private final Channel channel;

    EventStream(FlowStore store, FlowJson json, FlowFilter filter, Channel channel) {
        this.store = store;
        this.json = json;
        this.filter = filter;
        this.channel = channel;
    }

    /** Writes until the reader leaves. */
    void run() throws InterruptedException {
        if (!write(head())) {
            return;
        }
        long seen = -1;
        while (channel.isActive()) {
            if (!store.await(seen, SIGN_OF_LIFE_MILLIS)) {
                if (!write(": nothing new\n\n")) {
                    return;
                }
                continue;
            }
            Changes changes = store.since(seen, BATCH);
            seen = changes.revision();
            if (!write("data: " + batch(changes) + "\n\n")) {
                return;
            }
            if (changes.entries().size() < BATCH) {
                Thread.sleep(PAUSE_MILLIS);
            }
        }
    }

    private String batch(Changes changes) {
        List<Entry> shown = new ArrayList<>();
        List<Long> gone = new ArrayList<>();
        for (Entry entry : changes.entries()) {
            if (filter.matches(entry.flow())) {
                shown.add(entry);
            } else if (entry.state() != FlowStore.State.STARTED) {
                gone.add(entry.number()); // it may have been let through before
            }
        }
        return json.changes(changes, shown, gone);
    }

    private static HttpResponse head() {
        HttpResponse head = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
        head.headers().set(HttpHeaderNames.CONTENT_TYPE, "text/event-stream");
        HttpUtil.setTransferEncodingChunked(head, true);
        Answer.protect(head.headers());
        return head;
    }

    private boolean write(String piece) throws InterruptedException {
        return write(new DefaultHttpContent(Unpooled.wrappedBuffer(piece.getBytes(StandardCharsets.UTF_8))));
    }

    private boolean write(Object part) throws InterruptedException {
        ChannelFuture written = channel.writeAndFlush(part);
        written.await();
        return written.isSuccess();
    }
}
