package egress.upstream;

import egress.exchange.Dialer;
import egress.exchange.Failure;
import egress.exchange.Upstreams.Attempt;
import egress.http.Authority;
import egress.share.Claimant;
import egress.share.FairBudget;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.util.AttributeKey;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.ScheduledFuture;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** From an authority to a connection: pinned or looked up, guarded, raced, through the proxy behind us if there is one. */
final class Dialing implements Dialer {
    /** A name may have hundreds of addresses; no more than these are tried. */
    private static final int MOST_ADDRESSES = 16;

    /** What the connection holds of the budget of all connections, as long as it is open. */
    private static final AttributeKey<Place> HELD = AttributeKey.valueOf(Dialing.class, "held");

    private final UpstreamConfig config;
    private final Resolver resolver;
    private final AddressGuard guard;
    private final Connector connector;
    private final ProxyTunnel proxyTunnel;
    private final FairBudget connections;
    private final Counters counters;

    Dialing(
            UpstreamConfig config,
            Resolver resolver,
            AddressGuard guard,
            Connector connector,
            ProxyTunnel proxyTunnel,
            FairBudget connections,
            Counters counters) {
        this.config = config;
        this.resolver = resolver;
        this.guard = guard;
        this.connector = connector;
        this.proxyTunnel = proxyTunnel;
        this.connections = connections;
        this.counters = counters;
    }

    @Override
    public Attempt dial(EventLoop loop, Claimant who, Authority authority, Listener listener) {
        if (!loop.inEventLoop()) {
            throw new IllegalStateException("dial off the event loop of the tunnel");
        }
        Dial dial = new Dial(loop, who, authority, listener);
        dial.start();
        return dial;
    }

    /** An exchange of this claimant uses the connection, which counts in its share from now on. */
    static void begins(Channel channel, Claimant who) {
        Place held = channel.attr(HELD).get();
        if (held != null) {
            held.mayEnd(null);
            held.transfer(who);
        }
    }

    /** No exchange uses the connection: the action closes it, where others need its descriptor. */
    static void idles(Channel channel, Runnable close) {
        Place held = channel.attr(HELD).get();
        if (held != null) {
            held.mayEnd(close);
        }
    }

    private final class Dial implements Attempt, Connector.Listener {
        private final EventLoop loop;
        private final Claimant who;
        private final Listener listener;
        private final Place place;
        private final long startNanos = System.nanoTime();
        /** What the connection leads to: the authority, or what it is pinned to. */
        private final Authority target;
        /** What is looked up and connected to: the target, or the proxy behind us. */
        private final Authority hop;

        private final boolean guarded;
        private @Nullable ScheduledFuture<?> timer;
        private @Nullable Attempt stage;
        private List<InetSocketAddress> dialled = List.of();
        /** Whether the proxy behind us was connected to a second time. */
        private boolean again;

        private boolean over;

        Dial(EventLoop loop, Claimant who, Authority authority, Listener listener) {
            this.loop = loop;
            this.who = who;
            this.listener = listener;
            this.place = new Place(connections, who);
            Optional<Authority> pinned = ConnectTo.firstOf(config.connectTo(), authority);
            this.target = pinned.orElse(authority);
            this.hop = config.proxy().map(UpstreamProxy::authority).orElse(target);
            this.guarded = pinned.isEmpty() && config.proxy().isEmpty();
        }

        void start() {
            if (!place.take(1)) {
                fail(new Failure.Overloaded("too many connections to origins are open"));
                return;
            }
            if (config.proxy().isPresent()
                    && guard.judgeOwn(target.host(), target.port()) instanceof AddressGuard.Refused refused) {
                counters.addressesRefused.increment();
                fail(new Failure.UpstreamForbidden(
                        target.host() + " leads to " + refused.words() + ", and is not asked of the proxy"));
                return;
            }
            timer = loop.schedule(this::onTimeout, config.timeouts().connect().toNanos(), TimeUnit.NANOSECONDS);
            InetAddress literal = Cidr.literal(hop.host());
            if (literal != null) {
                onAddresses(List.of(literal));
                return;
            }
            CompletableFuture<List<InetAddress>> lookup = resolver.resolve(loop, who, hop.host());
            if (lookup.isDone()) {
                lookup.whenComplete(this::onLookup);
            } else {
                lookup.whenCompleteAsync(this::onLookup, loop);
            }
        }

        private void onLookup(@Nullable List<InetAddress> addresses, @Nullable Throwable cause) {
            if (over) {
                return;
            }
            if (addresses != null) {
                onAddresses(addresses);
                return;
            }
            Throwable root =
                    cause instanceof CompletionException && cause.getCause() != null ? cause.getCause() : cause;
            fail(
                    root instanceof FailureException known
                            ? known.failure()
                            : new Failure.UpstreamTimedOut("looking up " + hop.host() + " took too long"));
        }

        private void onAddresses(List<InetAddress> addresses) {
            List<InetAddress> allowed = new ArrayList<>(addresses.size());
            String refusal = "";
            for (InetAddress address : addresses) {
                AddressGuard.Judgement judgement =
                        guarded ? guard.judge(address, hop.port()) : guard.judgeOwn(address, hop.port());
                switch (judgement) {
                    case AddressGuard.Allowed _ -> allowed.add(address);
                    case AddressGuard.Refused refused -> {
                        counters.addressesRefused.increment();
                        refusal = address.getHostAddress() + ", " + refused.words();
                    }
                }
            }
            if (allowed.isEmpty()) {
                fail(new Failure.UpstreamForbidden(hop.host() + " leads to " + refusal + ", and is not dialled"));
                return;
            }
            dialled = Connector.interleave(allowed).stream()
                    .limit(MOST_ADDRESSES)
                    .map(address -> new InetSocketAddress(address, hop.port()))
                    .toList();
            stage = connector.connect(loop, dialled, this);
        }

        @Override
        public void onConnected(Channel channel) {
            counters.connects.increment();
            if (config.proxy().isEmpty()) {
                succeed(channel);
                return;
            }
            stage = proxyTunnel.open(channel, config.proxy().get(), target, new ProxyTunnel.Listener() {
                @Override
                public void onOpen() {
                    succeed(channel);
                }

                @Override
                public void onRefused(Failure failure, boolean onceMore) {
                    if (onceMore && !again && !over) {
                        again = true;
                        stage = connector.connect(loop, dialled, Dial.this);
                    } else {
                        fail(failure);
                    }
                }
            });
        }

        @Override
        public void onUnreachable(List<Throwable> causes) {
            Throwable last = causes.getLast();
            String why = last instanceof ConnectException
                            && String.valueOf(last.getMessage()).contains("refused")
                    ? "refused"
                    : "failed (" + last.getClass().getSimpleName() + ")";
            fail(new Failure.UpstreamUnreachable(
                    "the connection to " + hop + " was " + why + (causes.size() > 1 ? " by every address" : "")));
        }

        private void onTimeout() {
            cancel();
            counters.connectFailures.increment();
            listener.onFailed(new Failure.UpstreamTimedOut("no connection to " + hop + " within "
                    + config.timeouts().connect().toMillis() + " ms"));
        }

        private void succeed(Channel channel) {
            if (over) {
                channel.close();
                return;
            }
            finish();
            channel.attr(HELD).set(place);
            channel.closeFuture().addListener(_ -> place.close());
            String remoteAddress = channel.remoteAddress() instanceof InetSocketAddress remote
                    ? NetUtil.toSocketAddressString(remote)
                    : hop.toString();
            listener.onConnected(channel, remoteAddress, System.nanoTime() - startNanos);
        }

        private void fail(Failure failure) {
            if (!over) {
                finish();
                place.close();
                counters.connectFailures.increment();
                listener.onFailed(failure);
            }
        }

        private void finish() {
            over = true;
            if (timer != null) {
                timer.cancel(false);
            }
        }

        @Override
        public void cancel() {
            if (!over) {
                finish();
                place.close();
                if (stage != null) {
                    stage.cancel();
                }
            }
        }
    }
}
