package egress.upstream;

import egress.exchange.Upstreams.Attempt;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.ScheduledFuture;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Connects to the first of several addresses that answers (RFC 8305): the next one is tried when the one before failed
 * or has been silent for a while, the families in turn. Dials exactly the addresses given.
 */
final class Connector {
    /** What becomes of a race, on the event loop. */
    interface Listener {
        void onConnected(Channel channel);

        /**
         * @param causes why each address failed, in that order
         */
        void onUnreachable(List<Throwable> causes);
    }

    private final Sockets sockets;
    private final Duration attemptDelay;

    Connector(Sockets sockets, Duration attemptDelay) {
        this.sockets = sockets;
        this.attemptDelay = attemptDelay;
    }

    /** The families in turn, IPv6 first, the order within each kept (RFC 8305 §4). */
    static List<InetAddress> interleave(List<InetAddress> addresses) {
        List<InetAddress> result = new ArrayList<>(addresses.size());
        Iterator<InetAddress> six =
                addresses.stream().filter(Inet6Address.class::isInstance).iterator();
        Iterator<InetAddress> four =
                addresses.stream().filter(a -> !(a instanceof Inet6Address)).iterator();
        while (six.hasNext() || four.hasNext()) {
            if (six.hasNext()) {
                result.add(six.next());
            }
            if (four.hasNext()) {
                result.add(four.next());
            }
        }
        return result;
    }

    /** Begins a race on the loop, from the loop. */
    Attempt connect(EventLoop loop, List<InetSocketAddress> addresses, Listener listener) {
        Race race = new Race(loop, addresses, listener);
        race.tryNext();
        return race;
    }

    private final class Race implements Attempt {
        private final EventLoop loop;
        private final ArrayDeque<InetSocketAddress> untried;
        private final Listener listener;
        private final Set<Channel> underWay = new LinkedHashSet<>();
        private final List<Throwable> causes = new ArrayList<>();
        private @Nullable ScheduledFuture<?> timer;
        private boolean over;

        Race(EventLoop loop, List<InetSocketAddress> addresses, Listener listener) {
            this.loop = loop;
            this.untried = new ArrayDeque<>(addresses);
            this.listener = listener;
        }

        void tryNext() {
            InetSocketAddress address = untried.poll();
            if (over || address == null) {
                return;
            }
            ChannelFuture connected = sockets.connect(loop, address);
            underWay.add(connected.channel());
            if (!untried.isEmpty()) {
                timer = loop.schedule(this::tryNext, attemptDelay.toNanos(), TimeUnit.NANOSECONDS);
            }
            connected.addListener(this::onOutcome);
        }

        private void onOutcome(Future<? super Void> outcome) {
            Channel channel = ((ChannelFuture) outcome).channel();
            underWay.remove(channel);
            if (over) {
                channel.close();
            } else if (outcome.isSuccess()) {
                cancel();
                listener.onConnected(channel);
            } else {
                causes.add(outcome.cause());
                if (!untried.isEmpty()) {
                    cancelTimer();
                    tryNext();
                } else if (underWay.isEmpty()) {
                    over = true;
                    listener.onUnreachable(causes);
                }
            }
        }

        @Override
        public void cancel() {
            over = true;
            cancelTimer();
            for (Channel channel : List.copyOf(underWay)) {
                channel.close();
            }
        }

        private void cancelTimer() {
            if (timer != null) {
                timer.cancel(false);
                timer = null;
            }
        }
    }
}
