package egress.server.dlp.websocket;

import egress.exchange.Failure;
import egress.server.dlp.body.MessageMemory;
import egress.server.dlp.judge.MessageJudge;
import egress.server.dlp.judge.MessagePayload;
import egress.server.dlp.judge.MessagePayload.Kind;
import egress.server.dlp.judge.MessagePayload.Opener;
import egress.server.dlp.judge.MessagePayload.Reading;
import egress.server.dlp.judge.ScanDispatcher;
import egress.server.dlp.websocket.AgentFrames.Message;
import egress.server.dlp.websocket.AgentFrames.Violation;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.util.ReferenceCountUtil;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/**
 * Reads an agent's WebSocket before its bytes leave: each message is passed on unchanged once it was judged, and what must not leave
 * closes both sides. Stands between the caller's connection and the tunnel.
 */
public final class WebSocketGuard extends ChannelDuplexHandler implements ScanDispatcher.Subject {
    private static final int MAX_WAITING = 64 * 1024;
    /** For the agent to read the close frame, in milliseconds. */
    private static final long GRACE = 1_000;

    private static final int MAX_REASON = 123;
    /** Of an inflater's state outside of the heap, in bytes: its window, and tables. */
    private static final int INFLATER = 48 * 1024;

    private final MessageJudge messages;
    private final MessageJudge controls;
    private final PerMessageDeflate agreed;
    private final MessageMemory memory;
    private final RandomGenerator random;
    private final AgentFrames frames;
    private final ServerFrames serverFrames = new ServerFrames();
    private @Nullable Inflater inflater;

    private final Deque<Message> waiting = new ArrayDeque<>();
    private long waitingBytes;
    private boolean asking;
    private boolean wantsRead;
    private @Nullable ChannelInputShutdownEvent shutdown;
    private boolean closeSeen;
    private boolean ended;
    /** The close frame for the agent, while a frame of the origin's is under way. */
    private byte @Nullable [] farewell;

    private boolean silent;
    private boolean removed;
    private int scanning;

    /**
     * @param controls for the payload of control frames, which stand between the pieces of messages
     * @param maxMessage in bytes
     * @param passesOversize whether longer ones pass unscanned
     */
    public WebSocketGuard(
            MessageJudge messages,
            MessageJudge controls,
            PerMessageDeflate agreed,
            MessageMemory memory,
            int maxMessage,
            boolean passesOversize,
            RandomGenerator random) {
        this.messages = messages;
        this.controls = controls;
        this.agreed = agreed;
        this.memory = memory;
        this.random = random;
        this.frames = new AgentFrames(memory, maxMessage, passesOversize, agreed.compresses());
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        memory.endsBy(() -> {
            if (!asking && waiting.isEmpty() && !ended) {
                end(ctx, AgentFrames.TRY_AGAIN, "its memory is needed by other callers");
            }
        });
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (!(message instanceof ByteBuf bytes) || ended || closeSeen) {
            ReferenceCountUtil.release(message);
            return;
        }
        if (!agreed.isKnown()) {
            bytes.release();
            end(ctx, AgentFrames.POLICY, "an extension that is not understood here was agreed on");
            return;
        }
        Violation violation;
        try {
            violation = frames.read(bytes, whole -> {
                waiting.add(whole);
                waitingBytes += whole.wire().length;
            });
        } finally {
            bytes.release();
        }
        judgeNext(ctx);
        memory.waits(!asking && waiting.isEmpty());
        if (violation != null && !ended) {
            end(ctx, violation.code(), violation.words());
        }
    }

    private void judgeNext(ChannelHandlerContext ctx) {
        while (!asking && !ended && !waiting.isEmpty()) {
            Message message = waiting.element();
            if (message.isCompressed() && !inflates()) {
                end(ctx, AgentFrames.TRY_AGAIN, "no memory is left for messages");
                return;
            }
            MessagePayload payload = payload(message);
            if (payload.readings().isEmpty()) {
                messages.leavesUnread();
                pass(ctx);
                continue;
            }
            asking = true;
            boolean[] now = {true};
            (message.isControl() ? controls : messages)
                    .judge(
                            payload,
                            message.wire().length,
                            message.ends(),
                            this,
                            failure -> onVerdict(ctx, failure, now[0]));
            now[0] = false;
        }
    }

    /** Made with the first message that needs it; false where there is no memory for it. */
    private boolean inflates() {
        if (inflater == null && memory.take(INFLATER)) {
            inflater = new Inflater(true);
        }
        return inflater != null;
    }

    private MessagePayload payload(Message message) {
        boolean empty = message.begins() && message.ends() && message.payloadLength() == 0;
        Inflater shared = message.isCompressed() && !empty ? inflater : null;
        if (shared == null && !message.isScanned()) {
            return MessagePayload.unscanned();
        }
        Reading frames = new Reading(Kind.FRAMES, () -> new ByteArrayInputStream(message.wire()));
        Opener content = () -> AgentPayload.of(message);
        if (shared == null) {
            return MessagePayload.of(frames, new Reading(Kind.SAID, content));
        }
        Opener inflated = () -> {
            if (agreed.resets() && message.begins()) {
                shared.reset();
            }
            return AgentPayload.of(message, shared);
        };
        return message.isScanned()
                ? MessagePayload.of(frames, new Reading(Kind.CODED, content), new Reading(Kind.SAID, inflated))
                : MessagePayload.of(new Reading(Kind.UNSCANNED, inflated));
    }

    private void onVerdict(ChannelHandlerContext ctx, Optional<Failure> failure, boolean now) {
        asking = false;
        if (ended || removed) {
            return;
        }
        if (failure.isPresent()) {
            boolean spent = failure.get() instanceof Failure.Overloaded;
            end(
                    ctx,
                    spent ? AgentFrames.TRY_AGAIN : AgentFrames.POLICY,
                    failure.get().words());
            return;
        }
        pass(ctx);
        if (!now) {
            judgeNext(ctx);
            memory.waits(!asking && waiting.isEmpty());
            ctx.fireChannelReadComplete();
            resume(ctx);
        }
    }

    private void pass(ChannelHandlerContext ctx) {
        Message message = waiting.remove();
        waitingBytes -= message.wire().length;
        memory.give(message.wire().length);
        closeSeen |= message.isClose();
        ctx.fireChannelRead(Unpooled.wrappedBuffer(message.wire()));
        if (closeSeen) {
            drop();
        }
    }

    private void resume(ChannelHandlerContext ctx) {
        if (!waiting.isEmpty()) {
            return;
        }
        ChannelInputShutdownEvent event = shutdown;
        shutdown = null;
        if (event != null) {
            ctx.fireUserEventTriggered(event);
        }
        if (wantsRead) {
            wantsRead = false;
            ctx.read();
        }
    }

    @Override
    public void read(ChannelHandlerContext ctx) {
        if (waitingBytes < MAX_WAITING) {
            ctx.read();
        } else {
            wantsRead = true;
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof ChannelInputShutdownEvent input && !waiting.isEmpty()) {
            shutdown = input;
        } else {
            ctx.fireUserEventTriggered(event);
        }
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        if (silent) {
            ReferenceCountUtil.release(message);
            promise.trySuccess();
            return;
        }
        if (!(message instanceof ByteBuf bytes)) {
            ctx.write(message, promise);
            return;
        }
        byte[] last = farewell;
        if (last == null) {
            serverFrames.pass(bytes);
            ctx.write(bytes, promise);
            return;
        }
        ctx.write(bytes.readRetainedSlice(serverFrames.toEndOfFrame(bytes)), promise);
        bytes.release();
        if (serverFrames.isBetween()) {
            sayFarewell(ctx, last);
        }
    }

    /** Closes both sides: the origin's between two messages, the agent's between two frames of the origin's. */
    private void end(ChannelHandlerContext ctx, int code, String words) {
        ended = true;
        drop();
        ctx.fireChannelRead(Unpooled.wrappedBuffer(closeFrame(code, words, true)));
        ctx.fireChannelReadComplete();
        byte[] last = closeFrame(code, words, false);
        if (serverFrames.isBetween()) {
            sayFarewell(ctx, last);
        } else {
            farewell = last;
        }
        ctx.executor().schedule(() -> ctx.close(), GRACE, TimeUnit.MILLISECONDS);
    }

    private void sayFarewell(ChannelHandlerContext ctx, byte[] last) {
        silent = true;
        farewell = null;
        ctx.writeAndFlush(Unpooled.wrappedBuffer(last));
    }

    /** RFC 6455 §5.5.1. */
    private byte[] closeFrame(int code, String words, boolean masked) {
        byte[] reason = ("egress: " + words).getBytes(StandardCharsets.US_ASCII);
        int length = 2 + Math.min(reason.length, MAX_REASON);
        byte[] mask = new byte[masked ? 4 : 0];
        random.nextBytes(mask);
        byte[] frame = new byte[2 + mask.length + length];
        frame[0] = (byte) 0x88;
        frame[1] = (byte) (length | (masked ? 0x80 : 0));
        System.arraycopy(mask, 0, frame, 2, mask.length);
        int at = 2 + mask.length;
        frame[at] = (byte) (code >> 8);
        frame[at + 1] = (byte) code;
        System.arraycopy(reason, 0, frame, at + 2, length - 2);
        for (int i = 0; i < length && masked; i++) {
            frame[at + i] ^= mask[i & 3];
        }
        return frame;
    }

    private void drop() {
        waiting.forEach(message -> memory.give(message.wire().length));
        waiting.clear();
        waitingBytes = 0;
        frames.close();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        removed = true;
        ended = true;
        drop();
        endInflater();
        messages.close();
        controls.close();
    }

    @Override
    public void enter() {
        scanning++;
    }

    @Override
    public void leave() {
        scanning--;
        endInflater();
    }

    private void endInflater() {
        Inflater used = inflater;
        if (removed && scanning == 0 && used != null) {
            used.end();
        }
    }
}
