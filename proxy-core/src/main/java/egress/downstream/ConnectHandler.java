package egress.downstream;

import egress.exchange.Admission;
import egress.exchange.Event;
import egress.exchange.ExchangeRecord;
import egress.exchange.Failure;
import egress.exchange.LocalResponse;
import egress.exchange.LocalSite;
import egress.exchange.ProxySnapshot;
import egress.http.Authority;
import egress.http.HttpFormatException;
import egress.policy.ConnectionRoute;
import egress.policy.DenyReason;
import egress.policy.Route;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Requests to the proxy itself: asks for a user where one is needed, takes CONNECT (RFC 9110 §9.3.6), and leaves
 * absolute-form requests to the exchange handler behind it.
 */
final class ConnectHandler extends ChannelInboundHandlerAdapter {
    private final DownstreamContext context;
    private final DownstreamConnection connection;
    private final DownstreamPipelines pipelines;

    /** The CONNECT whose end is yet to come: it has no body, and the decoder says so with the next part. */
    private @Nullable HttpRequest asked;

    ConnectHandler(DownstreamContext context, DownstreamConnection connection, DownstreamPipelines pipelines) {
        this.context = context;
        this.connection = connection;
        this.pipelines = pipelines;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object part) {
        HttpRequest connect = asked;
        if (part instanceof HttpRequest request && request.method().equals(HttpMethod.CONNECT)) {
            asked = request;
        } else if (connect == null) {
            ctx.fireChannelRead(part);
        } else {
            boolean empty =
                    part instanceof LastHttpContent last && !last.content().isReadable();
            asked = part instanceof LastHttpContent ? null : connect;
            ReferenceCountUtil.release((HttpContent) part);
            if (empty) {
                connect(ctx, connect);
            } else {
                asked = null;
                refuse(
                        ctx,
                        null,
                        connect,
                        new Failure.DownstreamMalformed(HttpResponseStatus.BAD_REQUEST, "a CONNECT with a body"),
                        true);
            }
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        connection.heard();
        ctx.fireChannelReadComplete();
    }

    private void connect(ChannelHandlerContext ctx, HttpRequest request) {
        Authority authority;
        try {
            authority = RequestedTarget.ofConnect(request);
        } catch (HttpFormatException e) {
            refuse(
                    ctx,
                    null,
                    request,
                    new Failure.DownstreamMalformed(e.status(), String.valueOf(e.getMessage())),
                    true);
            return;
        }
        if (!connection.isFrom(context.authentication().of(request.headers()))) {
            refuse(
                    ctx,
                    authority,
                    request,
                    new Failure.Unauthenticated(context.authentication().asks()),
                    false);
            return;
        }
        if (connection.admission() instanceof Admission.Refused locked) {
            refuse(ctx, authority, request, locked.failure(), false);
            return;
        }
        if (!connection.hasShare()) {
            refuse(ctx, authority, request, new Failure.Overloaded(Listener.NO_CONNECTION), true);
            return;
        }
        if (authority.host().equals(LocalSite.HOST)) {
            open(authority, new ConnectionRoute.Bump());
            return;
        }
        route(ctx, authority, request);
    }

    private void route(ChannelHandlerContext ctx, Authority authority, HttpRequest request) {
        ProxySnapshot snapshot = context.snapshots().get();
        ConnectionRoute route = snapshot.policy().route(authority);
        if (!(route instanceof ConnectionRoute.Refuse)
                && room(snapshot, authority, request) instanceof Admission.Refused full) {
            refuse(ctx, recorded(snapshot, authority, request, full), request, full.failure(), false);
            return;
        }
        switch (route) {
            case ConnectionRoute.Refuse refuse ->
                refuse(ctx, authority, request, new Failure.Denied(refuse.why(), refuse.words()), false);
            case ConnectionRoute.Bump bump -> open(authority, bump);
            case ConnectionRoute.Passthrough passthrough -> {
                snapshot.inspector().passesUnread(connection.caller(), authority);
                open(authority, passthrough);
            }
        }
    }

    /** Whether there is memory for what will come, a record where it needs one, and a place for a name that only a pattern allows. */
    private Admission room(ProxySnapshot snapshot, Authority authority, HttpRequest request) {
        Admission memory = context.budgets().headroom().admit(connection.claimant());
        Admission room = memory instanceof Admission.Refused
                ? memory
                : context.observer().admit();
        return room instanceof Admission.Refused ? room : named(snapshot, authority, request);
    }

    private Admission named(ProxySnapshot snapshot, Authority authority, HttpRequest request) {
        Optional<Route> route = snapshot.policy().routeAt(authority).filter(Route::isPattern);
        if (route.isEmpty()) {
            return Admission.ADMITTED;
        }
        String target = request.uri();
        String written = target.substring(0, target.lastIndexOf(':'));
        return snapshot.inspector().admitName(connection.caller(), route.get(), authority, written, hit -> {
            long id = context.exchanges().ids().incrementAndGet();
            ExchangeRecord connect = ExchangeRecord.ofConnect(
                    id, connection.address(), connection.caller(), route.get().masked(authority));
            context.observer().on(new Event.Found(connect, hit));
        });
    }

    /** The name as it may stand in records: a name in which a secret was found is masked, in the request's own field too. */
    private static Authority recorded(
            ProxySnapshot snapshot, Authority authority, HttpRequest request, Admission.Refused refused) {
        Optional<Route> route = snapshot.policy().routeAt(authority).filter(Route::isPattern);
        boolean found = refused.failure() instanceof Failure.Denied denied && denied.why() == DenyReason.DLP_MATCH;
        if (!found || route.isEmpty()) {
            return authority;
        }
        Authority masked = route.get().masked(authority);
        request.setUri(masked.toString());
        request.headers().set(HttpHeaderNames.HOST, masked.toString());
        return masked;
    }

    private void open(Authority authority, ConnectionRoute route) {
        connection.connected(authority, route);
        // Before the shape changes: bytes that came with the CONNECT may be answered on the spot.
        connection
                .channel()
                .writeAndFlush(ByteBufUtil.writeAscii(
                        connection.channel().alloc(), "HTTP/1.1 200 Connection established\r\n\r\n"));
        pipelines.hello(connection, new HelloHandler(context, connection, pipelines, route));
    }

    /** @param close where the next request on the connection cannot be found */
    private void refuse(
            ChannelHandlerContext ctx,
            @Nullable Authority authority,
            HttpRequest request,
            Failure failure,
            boolean close) {
        LocalResponse response = LocalResponse.of(failure, HttpMethod.CONNECT);
        boolean last = close || context.draining().getAsBoolean();
        if (last) {
            response.head().headers().set(HttpHeaderNames.CONNECTION, "close");
        }
        connection.refused(authority, request, response, failure);
        connection.respondTo(HttpMethod.CONNECT);
        ctx.write(response.head());
        ctx.writeAndFlush(response.body());
        if (last) {
            connection.closeGently();
        } else {
            connection.idle();
            connection.nextRequest();
        }
    }
}
