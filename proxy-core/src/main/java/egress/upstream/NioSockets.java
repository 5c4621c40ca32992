package egress.upstream;

import egress.http.Buffers;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.nio.NioChannelOption;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.SocketOption;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Set;
import jdk.net.ExtendedSocketOptions;

/** TCP by NIO. */
final class NioSockets implements Sockets {
    private final Bootstrap template;

    NioSockets(Duration connectTimeout) {
        template = new Bootstrap()
                .channel(NioSocketChannel.class)
                .disableResolver() // the checked address is dialled, and nothing is looked up again
                .option(ChannelOption.AUTO_READ, false)
                .option(ChannelOption.ALLOCATOR, Buffers.allocator())
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.SO_KEEPALIVE, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) connectTimeout.toMillis())
                .handler(new EmptyPipeline());
        // Minutes may pass before an origin's first byte: notice within about a minute that it is gone.
        Set<SocketOption<?>> supported = supportedOptions();
        probe(supported, ExtendedSocketOptions.TCP_KEEPIDLE, 30);
        probe(supported, ExtendedSocketOptions.TCP_KEEPINTERVAL, 10);
        probe(supported, ExtendedSocketOptions.TCP_KEEPCOUNT, 3);
    }

    private void probe(Set<SocketOption<?>> supported, SocketOption<Integer> option, int value) {
        if (supported.contains(option)) {
            template.option(NioChannelOption.of(option), value);
        }
    }

    private static Set<SocketOption<?>> supportedOptions() {
        try (SocketChannel channel = SocketChannel.open()) {
            return channel.supportedOptions();
        } catch (IOException e) {
            throw new UncheckedIOException("opening a socket", e);
        }
    }

    @Override
    public ChannelFuture connect(EventLoop loop, InetSocketAddress address) {
        return template.clone(loop).connect(address);
    }

    @Sharable
    private static final class EmptyPipeline extends ChannelInitializer<Channel> {
        @Override
        protected void initChannel(Channel channel) {
            // what the connection becomes is decided when it stands
        }
    }
}
