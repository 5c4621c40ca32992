package egress.server.inspect;

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
import io.netty.handler.codec.http.LastHttpContent;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.util.Map;

/** An answer written piece by piece by a thread that may wait: each piece goes when the one before was taken. */
final class Pieces extends OutputStream {
    private final Channel channel;

    /** Writes the head. */
    Pieces(Channel channel, String type, Map<String, String> fields) throws IOException {
        this.channel = channel;
        HttpResponse head = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
        head.headers().set(HttpHeaderNames.CONTENT_TYPE, type);
        head.headers().set(HttpHeaderNames.CONNECTION, "close");
        HttpUtil.setTransferEncodingChunked(head, true);
        Answer.protect(head.headers());
        fields.forEach((name, value) -> head.headers().set(name, value));
        send(head);
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        if (length > 0) {
            send(new DefaultHttpContent(Unpooled.copiedBuffer(bytes, offset, length)));
        }
    }

    /** The answer is whole. */
    void end() throws IOException {
        send(LastHttpContent.EMPTY_LAST_CONTENT);
    }

    private void send(Object part) throws IOException {
        ChannelFuture written = channel.writeAndFlush(part);
        try {
            written.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException();
        }
        if (!written.isSuccess()) {
            throw new IOException("the reader has gone", written.cause());
        }
    }
}
