package egress.exchange;

import egress.share.Claimant;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.EventLoop;
import java.net.SocketAddress;
import java.util.Optional;

/** The caller's side, with what only it has. */
public interface DownstreamPeer extends Peer {
    /** The loop of everything in the exchange. */
    EventLoop loop();

    SocketAddress remoteAddress();

    /** Whose share of every budget the exchange takes. */
    Claimant claimant();

    boolean isHttp2();

    /** Whether a response of unknown length may be chunked; an HTTP/1.0 caller's ends with the connection. */
    boolean takesChunked();

    /**
     * Whether an interim response of that status may be sent: none to HTTP/1.0 (RFC 9110 §15.2), and by HTTP/1.1 only a 100,
     * since Python's clients take any other for the response.
     */
    boolean takesInterim(int status);

    /**
     * The response is written to its end and nothing comes after it. Called once, unless {@link #abort} was.
     *
     * @param requestWhole whether the request was read to its end; what is left of another must not be read as the
     *     next request
     */
    void ended(boolean requestWhole);

    /**
     * The 101 is written: from now on the connection is bytes.
     *
     * @param upstream the origin's bare channel
     * @param messages reads what passes for the record
     * @param inspection reads the caller's bytes before they leave
     * @param over runs once both directions are done
     */
    void upgraded(
            Channel upstream, Optional<ChannelHandler> messages, Optional<ChannelHandler> inspection, Runnable over);
}
