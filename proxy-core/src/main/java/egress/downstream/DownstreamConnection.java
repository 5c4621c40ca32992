package egress.downstream;

import egress.exchange.Admission;
import egress.exchange.Event;
import egress.exchange.Exchange;
import egress.exchange.Failure;
import egress.exchange.LocalResponse;
import egress.exchange.Timeouts;
import egress.exchange.TlsFacts;
import egress.http.Authority;
import egress.policy.ConnectionRoute;
import egress.policy.Policy;
import egress.policy.Route;
import egress.share.Caller;
import egress.share.Claimant;
import egress.tunnel.Tunnel;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One accepted connection through all its shapes: whom it is for, what is under way in it, and until when. */
final class DownstreamConnection implements Deadlines.Timed {
    private static final Duration LINGER = Duration.ofSeconds(2);
    /** A tunnel in which nothing happens for so long gives way as an idle connection does. */
    private static final Duration QUIET = Duration.ofSeconds(30);

    private enum Phase {
        /** No request yet. */
        ACCEPTED,
        /** CONNECT is answered, the ClientHello is incomplete, or passthrough is dialling. */
        HELLO,
        HANDSHAKE,
        HTTP,
        /** Answered and about to be closed; what the caller still sends is dropped. */
        LINGER,
        TUNNEL
    }

    private final Channel channel;
    private final DownstreamContext context;
    private final Deadlines deadlines;
    private final SocketAddress address;
    private final ConnectionPlace place;
    private final LoopTurns.Turn turn;
    private final Set<DownstreamStream> active = new LinkedHashSet<>(2);

    private final ConnectionPhases phases = new ConnectionPhases();
    private @Nullable TlsFacts tlsFacts;

    private Phase phase = Phase.ACCEPTED;
    private long sinceNanos = System.nanoTime();
    private boolean closed;
    private boolean hasShare = true;
    private String scan = "";
    private final Set<H2DownstreamStream> streams = new LinkedHashSet<>(0);
    private @Nullable Authority authority;
    private @Nullable ConnectionRoute route;
    private @Nullable H1DownstreamStream h1;
    private @Nullable Tunnel tunnel;
    private boolean plain;
    private Admission plainHttp = Admission.ADMITTED;

    DownstreamConnection(
            Channel channel, ConnectionPlace place, DownstreamContext context, Deadlines deadlines, LoopTurns turns) {
        this.channel = channel;
        this.place = place;
        this.turn = turns.enter(place.claimant().caller());
        this.context = context;
        this.deadlines = deadlines;
        this.address = channel.remoteAddress();
        deadlines.add(this);
        channel.closeFuture().addListener(f -> closed());
        place.serves(this);
        context.observer().on(new Event.ConnectionOpened(address, caller()));
    }

    Channel channel() {
        return channel;
    }

    SocketAddress address() {
        return address;
    }

    /** Whose share of every budget it takes. */
    Claimant claimant() {
        return place.claimant();
    }

    Caller caller() {
        return claimant().caller();
    }

    /** Its part of its loop's time. */
    LoopTurns.Turn turn() {
        return turn;
    }

    /** Says that it, or its CONNECT to that authority, was refused; see {@link Event.ConnectionRefused}. */
    void refused(@Nullable Authority to, int status, String code, String words) {
        context.observer()
                .on(new Event.ConnectionRefused(
                        address, caller(), scan, to, routeOf(to), null, null, status, code, words));
    }

    private @Nullable Route routeOf(@Nullable Authority to) {
        return to == null ? null : context.snapshots().get().policy().routeOf(to);
    }

    /** Says the same of a request that is answered; the request is null where it was not understood. */
    void refused(@Nullable Authority to, @Nullable HttpRequest request, LocalResponse answer, Failure failure) {
        context.observer()
                .on(new Event.ConnectionRefused(
                        address,
                        caller(),
                        scan,
                        to,
                        routeOf(to),
                        request,
                        answer,
                        failure.status().code(),
                        failure.code(),
                        failure.words()));
    }

    /**
     * Notes the caller: once a password was checked, the connection takes that user's share.
     *
     * @return false where the request must not go on
     */
    boolean isFrom(ProxyAuthentication.Identity identity) {
        return switch (identity) {
            case ProxyAuthentication.Identity.Unasked _ -> true;
            case ProxyAuthentication.Identity.Known known -> {
                scan = known.scan();
                Caller user = Caller.ofUser(known.user());
                hasShare = place.transfer(user);
                turn.transfer(user);
                yield true;
            }
            case ProxyAuthentication.Identity.OfScan of -> {
                scan = of.scan();
                yield true;
            }
            case ProxyAuthentication.Identity.Unknown _ -> {
                scan = "";
                yield false;
            }
        };
    }

    /** The scan that its caller has named; empty where scans are not distinguished. */
    String scan() {
        return scan;
    }

    /** Whether its authenticated caller may have one more connection. */
    boolean hasShare() {
        return hasShare;
    }

    /** Others need what it holds: ends it, and what is under way in it. */
    void giveWay(String words) {
        for (DownstreamStream handler : active.toArray(DownstreamStream[]::new)) {
            Exchange exchange = handler.exchange();
            if (exchange != null) {
                exchange.fail(new Failure.Overloaded(words));
            }
        }
        refused(authority, 0, "overloaded", words);
        channel.close();
    }

    /** What its caller had sent when it was accepted was read. */
    void heard() {
        place.heard();
    }

    /** Whether a CONNECT made a tunnel of it. */
    boolean isTunnel() {
        return authority != null;
    }

    /** Whom the tunnel is for. */
    Authority authority() {
        return Objects.requireNonNull(authority, "no CONNECT yet");
    }

    /** Whether the requests in the tunnel come inside TLS. */
    boolean isTls() {
        return !plain;
    }

    /**
     * Requests in the clear come in the tunnel.
     *
     * @param admission whether any of them may be served
     */
    void plain(Admission admission) {
        plain = true;
        plainHttp = admission;
        enter(Phase.HTTP);
    }

    /** Whether requests in the clear may be served, where they come. */
    Admission plainHttp() {
        return plainHttp;
    }

    void connected(Authority to, ConnectionRoute how) {
        authority = to;
        route = how;
        phases.connected();
        enter(Phase.HELLO);
    }

    /** The caller's handshake is done. */
    void secured(TlsFacts facts) {
        tlsFacts = facts;
    }

    /** What it agreed on; null on a plain connection. */
    @Nullable
    TlsFacts tlsFacts() {
        return tlsFacts;
    }

    ConnectionPhases phases() {
        return phases;
    }

    /** @return false when the caller has its share of the handshakes */
    boolean handshaking() {
        phases.handshakeBegins();
        enter(Phase.HANDSHAKE);
        return place.handshakeBegins();
    }

    void http() {
        place.handshakeEnds();
        enter(Phase.HTTP);
    }

    void lingering() {
        enter(Phase.LINGER);
    }

    /** Between requests from now on. */
    void idle() {
        enter(Phase.HTTP);
    }

    /** Without a CONNECT before it: whom the upgraded connection is for from now on. */
    void upgraded(Authority to) {
        if (authority == null) {
            authority = to;
        }
    }

    void tunnelled(Tunnel begun) {
        tunnel = begun;
        enter(Phase.TUNNEL);
    }

    void tunnelEnded() {
        Tunnel over = tunnel;
        if (over != null) {
            context.observer()
                    .on(new Event.TunnelEnded(address, caller(), authority(), over.bytesUp(), over.bytesDown()));
        }
    }

    private void enter(Phase next) {
        phase = next;
        place.is(next == Phase.TUNNEL ? ConnectionPlace.State.BUSY : ConnectionPlace.State.UNFINISHED);
        sinceNanos = System.nanoTime();
    }

    void speaksH1(H1DownstreamStream handler) {
        h1 = handler;
    }

    void nextRequest() {
        H1DownstreamStream handler = h1;
        if (handler != null) {
            handler.next();
        }
    }

    /** The method of what is answered next. */
    void respondTo(HttpMethod method) {
        H1DownstreamStream handler = h1;
        if (handler != null) {
            handler.respondTo(method);
        }
    }

    void closeGently() {
        H1DownstreamStream handler = h1;
        if (handler != null) {
            handler.closeGently();
        }
    }

    void began(DownstreamStream handler) {
        phase = Phase.HTTP;
        active.add(handler);
        place.is(ConnectionPlace.State.BUSY);
    }

    void ended(DownstreamStream handler) {
        if (active.remove(handler)) {
            sinceNanos = System.nanoTime();
            if (active.isEmpty() && streams.isEmpty()) {
                place.is(ConnectionPlace.State.IDLE);
            }
        }
    }

    /** An h2 stream of the connection: it lasts until its response is out, longer than its exchange. */
    void streamOpened(H2DownstreamStream stream) {
        streams.add(stream);
    }

    void streamClosed(H2DownstreamStream stream) {
        streams.remove(stream);
        if (active.isEmpty() && streams.isEmpty()) {
            place.is(ConnectionPlace.State.IDLE);
        }
        if (streams.isEmpty() && context.draining().getAsBoolean()) {
            channel.close();
        }
    }

    void closed() {
        if (!closed) {
            closed = true;
            deadlines.remove(this);
            turn.leave();
            context.observer().on(new Event.ConnectionClosed(address, caller()));
        }
    }

    /** Whether anything of the caller may leave for now. */
    Admission admission() {
        return context.snapshots().get().inspector().admit(caller());
    }

    // What is open of a caller when it is locked out ends: it was let in before.
    private void endLocked(Failure why) {
        Tunnel open = tunnel;
        if (open != null) {
            open.close();
            return;
        }
        for (DownstreamStream handler : active.toArray(DownstreamStream[]::new)) {
            Exchange exchange = handler.exchange();
            if (exchange != null) {
                exchange.fail(why);
            }
        }
    }

    @Override
    public void check(long nowNanos) {
        if (admission() instanceof Admission.Refused locked) {
            endLocked(locked.failure());
        }
        Timeouts timeouts = context.timeouts();
        place.holds(HeldBytes.of(channel, h1, streams), nowNanos);
        switch (phase) {
            case ACCEPTED, HELLO -> closeAfter(timeouts.head(), nowNanos, "nothing to answer came in time");
            case HANDSHAKE -> closeAfter(timeouts.handshake().plusSeconds(1), nowNanos, "the handshake took too long");
            case LINGER -> {
                if (nowNanos - sinceNanos > LINGER.toNanos()) {
                    channel.close();
                }
            }
            case TUNNEL -> {
                Tunnel open = tunnel;
                boolean quiet = open != null && nowNanos - open.activityNanos() > QUIET.toNanos();
                place.is(quiet ? ConnectionPlace.State.IDLE : ConnectionPlace.State.BUSY);
                if (open != null
                        && nowNanos - open.activityNanos() > timeouts.idle().toNanos()) {
                    open.close();
                }
            }
            case HTTP -> checkHttp(nowNanos, timeouts);
        }
    }

    @Override
    public void abandon() {
        channel.close();
    }

    private void checkHttp(long nowNanos, Timeouts timeouts) {
        if (!active.isEmpty()) {
            boolean stalled = true;
            for (DownstreamStream handler : active.toArray(DownstreamStream[]::new)) {
                Exchange exchange = handler.exchange();
                if (exchange != null && nowNanos - exchange.deadlineNanos() > 0) {
                    exchange.onDeadline();
                }
                stalled &= handler.look();
            }
            place.is(stalled ? ConnectionPlace.State.UNFINISHED : ConnectionPlace.State.BUSY);
            return;
        }
        H1DownstreamStream handler = h1;
        long headStarted = handler == null ? 0 : handler.headStartedNanos();
        if (headStarted != 0 && nowNanos - headStarted > timeouts.head().toNanos()) {
            refused(authority, 0, "head_timeout", "a request head took too long");
            channel.close();
        } else if (headStarted == 0
                && nowNanos - sinceNanos > timeouts.keepAlive().toNanos()) {
            channel.close();
        }
    }

    private void closeAfter(Duration bound, long nowNanos, String words) {
        if (nowNanos - sinceNanos > bound.toNanos()) {
            refused(authority, 0, "timeout", words);
            channel.close();
        }
    }

    /** A new policy holds: what is open to a host that is gone, or is routed otherwise now, ends at once. */
    void reloaded(Policy before, Policy now) {
        Authority to = authority;
        if (to == null) {
            for (DownstreamStream handler : active.toArray(DownstreamStream[]::new)) {
                Exchange exchange = handler.exchange();
                if (exchange != null && isGone(exchange.entry().authority, before, now)) {
                    exchange.onRouteGone();
                }
            }
        } else if (isGone(to, before, now) || !sameKind(route, now.route(to))) {
            channel.close();
        }
    }

    private static boolean isGone(Authority authority, Policy before, Policy now) {
        return before.reaches(authority) && !now.reaches(authority);
    }

    private static boolean sameKind(@Nullable ConnectionRoute before, ConnectionRoute now) {
        return before == null || before.getClass().equals(now.getClass());
    }

    /** The proxy stops: nothing new is taken, what is under way may end. */
    void drain() {
        if (phase == Phase.TUNNEL) {
            return;
        }
        if (channel.pipeline().get(DownstreamPipelines.CONNECTION) instanceof H2ConnectionHandler h2) {
            h2.goAway();
        }
        if (active.isEmpty() && streams.isEmpty() && phase != Phase.LINGER) {
            channel.close();
        }
    }
}
