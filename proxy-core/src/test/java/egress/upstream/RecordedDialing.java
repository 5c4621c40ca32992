package egress.upstream;

import io.netty.channel.ChannelFuture;
import io.netty.channel.DefaultChannelPromise;
import io.netty.channel.EventLoop;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.ssl.SslProvider;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Upstreams whose names and sockets are the test's: what a name leads to can change, and an address that is dialled is written down and
 * never called. One that a test has given a port of loopback leads there, every other one refuses.
 */
public final class RecordedDialing {
    private final Map<String, List<String>> names = new ConcurrentHashMap<>();
    private final Map<String, Integer> ports = new ConcurrentHashMap<>();
    private final List<String> dialled = new CopyOnWriteArrayList<>();
    private final List<String> lookedUp = new CopyOnWriteArrayList<>();
    private volatile Instant now = Instant.now();

    /** What the name leads to from now on. */
    public RecordedDialing name(String host, List<String> addresses) {
        names.put(host, List.copyOf(addresses));
        return this;
    }

    /** Whoever dials the address gets to a port of loopback. */
    public RecordedDialing answers(String address, int port) {
        ports.put(address, port);
        return this;
    }

    /** Lets time pass, after which answers of names are asked for again. */
    public void later(Duration time) {
        now = now.plus(time);
    }

    /** Every address that was dialled, in order. */
    public List<String> dialled() {
        return List.copyOf(dialled);
    }

    /** Every name that was looked up, in order. */
    public List<String> lookedUp() {
        return List.copyOf(lookedUp);
    }

    /** What to give the gate. */
    public PooledUpstreams upstreams(UpstreamConfig config) {
        InstantSource clock = () -> now;
        NioSockets real = new NioSockets(config.timeouts().connect());
        return new PooledUpstreams(
                config, this::lookup, (loop, address) -> connect(real, loop, address), clock, SslProvider.JDK);
    }

    private InetAddress[] lookup(String host) throws UnknownHostException {
        lookedUp.add(host);
        List<String> known = names.get(host);
        if (known == null) {
            throw new UnknownHostException(host);
        }
        List<InetAddress> addresses = new ArrayList<>();
        for (String literal : known) {
            addresses.add(InetAddress.getByName(literal));
        }
        return addresses.toArray(InetAddress[]::new);
    }

    private ChannelFuture connect(NioSockets real, EventLoop loop, InetSocketAddress address) {
        String literal = address.getAddress().getHostAddress();
        dialled.add(literal);
        Integer port = ports.get(literal);
        if (port != null) {
            return real.connect(loop, new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port));
        }
        return new DefaultChannelPromise(new EmbeddedChannel(), loop)
                .setFailure(new ConnectException("Connection refused"));
    }
}
