package egress.upstream;

import io.netty.channel.ChannelFuture;
import io.netty.channel.EventLoop;
import java.net.InetSocketAddress;

/** Opens TCP connections. A port, so that what would be dialled can be seen without dialling it. */
@FunctionalInterface
interface Sockets {
    /** Connects to a resolved address; the channel has auto-read off and an empty pipeline. */
    ChannelFuture connect(EventLoop loop, InetSocketAddress address);
}
