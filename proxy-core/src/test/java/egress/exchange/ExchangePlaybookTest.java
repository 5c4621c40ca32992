package egress.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import egress.policy.DenyReason;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What an exchange does at each turn of the protocol: an event goes in, calls on its ports come out, in this order and no others. */
class ExchangePlaybookTest {
    private static final Failure MATCH = new Failure.Denied(DenyReason.DLP_MATCH, "a secret");
    private static final Failure TIMEOUT = new Failure.Denied(DenyReason.DLP_UNAVAILABLE, "no verdict in time");
    private static final Failure UNREACHABLE = new Failure.UpstreamUnreachable("no connection");
    private static final Failure STALE = new Failure.UpstreamClosedEarly(true, "closed");
    private static final Failure BROKEN = new Failure.UpstreamUnreachable("broke off");

    record Turn(String event, Consumer<Stage> in, List<String> out) {}

    record Playbook(String name, List<Turn> turns) {
        static Playbook of(String name) {
            return new Playbook(name, new ArrayList<>());
        }

        Playbook on(String event, Consumer<Stage> in, String... out) {
            turns.add(new Turn(event, in, List.of(out)));
            return this;
        }

        @Override
        public String toString() {
            return name;
        }
    }

    @ParameterizedTest
    @MethodSource({"plain", "refused", "inspected", "early", "failing", "aborted", "paced", "special"})
    void plays(Playbook playbook) {
        Stage stage = new Stage();
        for (Turn turn : playbook.turns()) {
            turn.in().accept(stage);
            assertThat(stage.takeCalls()).as(turn.event()).containsExactlyElementsOf(turn.out());
        }
        assertThat(stage.leaks())
                .as("parts that were neither written nor dropped")
                .isEmpty();
    }

    /** A GET without a body whose stream is there. */
    private static Playbook got(String name) {
        return Playbook.of(name)
                .on(
                        "a head that policy allows",
                        stage -> stage.head("GET", "/v1/a"),
                        "tell: started",
                        "tell: allowed",
                        "acquire: api.example:443",
                        "caller: read")
                .on("its end", stage -> stage.last(), "tell: request part end")
                .on("the end of the burst", Stage::burstEnds, "caller: read")
                .on(
                        "a stream to the origin",
                        stage -> stage.acquired(false),
                        "origin: GET /v1/a {host: api.example, authorization: Bearer real}",
                        "origin: end",
                        "origin: flush",
                        "origin: read",
                        "caller: read");
    }

    /** A POST of which a first part is at the origin. */
    private static Playbook posted(String name) {
        return Playbook.of(name)
                .on(
                        "a head that policy allows",
                        stage -> stage.head("POST", "/v1/a", "content-length: 6", "content-type: text/plain"),
                        "tell: started",
                        "tell: allowed",
                        "acquire: api.example:443",
                        "caller: read")
                .on("a part before there is a stream", stage -> stage.body("abc"), "tell: request part abc")
                .on(
                        "a stream to the origin",
                        stage -> stage.acquired(true),
                        "origin: POST /v1/a {host: api.example, content-length: 6, content-type: text/plain, authorization:"
                                + " Bearer real}",
                        "origin: abc",
                        "origin: flush",
                        "origin: read",
                        "caller: read");
    }

    private static Playbook held(String name) {
        return Playbook.of(name)
                .on("inspection holds bodies", stage -> stage.inspects(Inspection.Mode.HOLD))
                .on(
                        "a head that policy allows",
                        stage -> stage.head("POST", "/v1/a", "content-length: 3", "content-type: text/plain"),
                        "tell: started",
                        "inspect: head")
                .on("its verdict", Stage::headPasses, "tell: allowed", "caller: read")
                .on(
                        "the whole body",
                        stage -> stage.last("abc"),
                        "tell: request part abc end",
                        "inspect: abc end",
                        "acquire: api.example:443")
                .on("a stream, while the verdict is awaited", stage -> stage.acquired(false));
    }

    static Stream<Playbook> plain() {
        return Stream.of(
                got("a GET is relayed, and its credential put in place of the agent's")
                        .on(
                                "a response head",
                                stage -> stage.response(200, "content-length: 5", "connection: close"),
                                "tell: response head 200",
                                "caller: 200 {content-length: 5}")
                        .on("a part", stage -> stage.responseBody("he"), "tell: response part he", "caller: he")
                        .on("the burst ends", Stage::originBurstEnds, "caller: flush", "origin: read")
                        .on(
                                "the end",
                                stage -> stage.responseEnds("llo"),
                                "tell: response part llo end",
                                "caller: llo end",
                                "origin: flush",
                                "caller: flush",
                                "tell: ended ok",
                                "caller: ended"),
                Playbook.of("the agent's own credential does not leave")
                        .on(
                                "a head",
                                stage -> stage.head("GET", "/v1/a", "authorization: Bearer mine"),
                                "tell: started",
                                "tell: allowed",
                                "acquire: api.example:443",
                                "caller: read")
                        .on(
                                "a stream",
                                stage -> stage.acquired(false),
                                "origin: GET /v1/a {host: api.example, authorization: Bearer real}",
                                "origin: flush",
                                "origin: read",
                                "caller: read")
                        .on("the caller goes", Stage::callerGoes, "origin: abort", "tell: ended downstream_gone"),
                posted("trailers go both ways, without what is the gate's")
                        .on("the burst ends", Stage::burstEnds, "origin: flush", "caller: read")
                        .on(
                                "the last part with trailers",
                                stage -> stage.last("x-sum: 1", "authorization: Bearer mine"),
                                "tell: request part end {x-sum: 1, authorization: Bearer mine}",
                                "origin: end {x-sum: 1}")
                        .on(
                                "a response head of unknown length",
                                stage -> stage.response(200),
                                "tell: response head 200",
                                "caller: 200 {transfer-encoding: chunked}")
                        .on(
                                "the end with trailers",
                                stage -> stage.responseEnds("hello", "grpc-status: 0", "connection: x"),
                                "tell: response part hello end {grpc-status: 0}",
                                "caller: hello end {grpc-status: 0}",
                                "origin: flush",
                                "caller: flush",
                                "tell: ended ok",
                                "caller: ended"));
    }

    static Stream<Playbook> refused() {
        return Stream.of(
                Playbook.of("a path that policy does not allow never reaches an origin")
                        .on(
                                "a head",
                                stage -> stage.head("GET", "/admin"),
                                "tell: started",
                                "tell: response head 403",
                                "caller: 403 path_not_allowed",
                                "tell: response part (sentence) end",
                                "caller: (sentence) end",
                                "caller: flush",
                                "tell: ended path_not_allowed",
                                "caller: ended"),
                Playbook.of("TRACE is refused whatever the route is")
                        .on(
                                "a head",
                                stage -> stage.head("TRACE", "/v1/a"),
                                "tell: started",
                                "tell: response head 403",
                                "caller: 403 method_not_allowed",
                                "tell: response part (sentence) end",
                                "caller: (sentence) end",
                                "caller: flush",
                                "tell: ended method_not_allowed",
                                "caller: ended"),
                Playbook.of("the body of a denied request is not read to its end")
                        .on(
                                "a head with a body to come",
                                stage -> stage.head("POST", "/admin", "content-length: 3"),
                                "tell: started",
                                "tell: response head 403",
                                "caller: 403 path_not_allowed",
                                "tell: response part (sentence) end",
                                "caller: (sentence) end",
                                "caller: flush",
                                "tell: ended path_not_allowed",
                                "caller: ended, request not whole")
                        .on("a part that still comes", stage -> stage.body("abc")),
                Playbook.of("a gRPC call is denied in one field section, and recorded as what it is")
                        .on(
                                "a head",
                                stage -> stage.head("POST", "/admin", "content-type: application/grpc"),
                                "tell: started",
                                "tell: response head 403",
                                "caller: 200 path_not_allowed",
                                "tell: response part end",
                                "caller: end",
                                "caller: flush",
                                "tell: ended path_not_allowed",
                                "caller: ended"),
                Playbook.of("a caller that is locked out gets nothing judged")
                        .on("too many hits before", Stage::locksOut)
                        .on(
                                "a head",
                                stage -> stage.head("GET", "/v1/a"),
                                "tell: started",
                                "tell: response head 403",
                                "caller: 403 dlp_locked",
                                "tell: response part (sentence) end",
                                "caller: (sentence) end",
                                "caller: flush",
                                "tell: ended dlp_locked",
                                "caller: ended"),
                Playbook.of("an upgrade to anything but WebSocket is refused")
                        .on(
                                "a head",
                                stage -> stage.head("GET", "/v1/a", "connection: upgrade", "upgrade: tcp"),
                                "tell: started",
                                "tell: response head 403",
                                "caller: 403 upgrade_not_allowed",
                                "tell: response part (sentence) end",
                                "caller: (sentence) end",
                                "caller: flush",
                                "tell: ended upgrade_not_allowed",
                                "caller: ended"),
                Playbook.of("the local site answers by itself")
                        .on(
                                "a head",
                                stage -> stage.head("GET", "/local"),
                                "tell: started",
                                "tell: response head 200",
                                "caller: 200 {content-type: text/plain, content-length: 2, cache-control: no-store,"
                                        + " x-content-type-options: nosniff}",
                                "tell: response part ok end",
                                "caller: ok end",
                                "caller: flush",
                                "tell: ended ok",
                                "caller: ended"));
    }

    static Stream<Playbook> inspected() {
        return Stream.of(
                held("a held body leaves with its verdict")
                        .on(
                                "a hit that is only said",
                                stage -> stage.finds(Inspection.Effect.WARNED),
                                "tell: found, WARNED")
                        .on(
                                "the body's verdict",
                                Stage::bodyPasses,
                                "origin: POST /v1/a {host: api.example, content-length: 3, content-type: text/plain,"
                                        + " authorization: Bearer real}",
                                "origin: abc end",
                                "origin: flush",
                                "origin: read",
                                "caller: read")
                        .on("an answer", stage -> stage.response(204), "tell: response head 204", "caller: 204")
                        .on(
                                "its end",
                                stage -> stage.responseEnds(""),
                                "tell: response part end",
                                "caller: end",
                                "origin: flush",
                                "caller: flush",
                                "inspect: close",
                                "tell: ended ok",
                                "caller: ended"),
                held("a held body that is denied does not leave, and its stream is given up unused")
                        .on("a hit", stage -> stage.finds(Inspection.Effect.BLOCKED), "tell: found, BLOCKED")
                        .on(
                                "the body's verdict",
                                stage -> stage.bodyFails(MATCH),
                                "origin: abort",
                                "tell: response head 403",
                                "caller: 403 dlp_match",
                                "tell: response part (sentence) end",
                                "caller: (sentence) end",
                                "caller: flush",
                                "inspect: close",
                                "tell: ended dlp_match",
                                "caller: ended"),
                Playbook.of("no verdict in time is a denial")
                        .on("inspection holds bodies", stage -> stage.inspects(Inspection.Mode.HOLD))
                        .on("a head", stage -> stage.head("GET", "/v1/a"), "tell: started", "inspect: head")
                        .on(
                                "the time is over",
                                stage -> stage.headFails(TIMEOUT),
                                "tell: response head 403",
                                "caller: 403 dlp_unavailable",
                                "tell: response part (sentence) end",
                                "caller: (sentence) end",
                                "caller: flush",
                                "inspect: close",
                                "tell: ended dlp_unavailable",
                                "caller: ended")
                        .on("a verdict after it", Stage::headPasses)
                        .on("a hit after it", stage -> stage.finds(Inspection.Effect.BLOCKED), "tell: found, BLOCKED"),
                Playbook.of("a head that was masked is judged again")
                        .on("inspection", stage -> stage.inspects(Inspection.Mode.PASS))
                        .on("a head", stage -> stage.head("GET", "/v1/a?key=x"), "tell: started", "inspect: head")
                        .on(
                                "the masked head is none that policy allows",
                                stage -> stage.headIsRewritten("/admin"),
                                "tell: response head 403",
                                "caller: 403 path_not_allowed",
                                "tell: response part (sentence) end",
                                "caller: (sentence) end",
                                "caller: flush",
                                "inspect: close",
                                "tell: ended path_not_allowed",
                                "caller: ended"),
                Playbook.of("a head that was masked and is allowed leaves masked")
                        .on("inspection", stage -> stage.inspects(Inspection.Mode.PASS))
                        .on("a head", stage -> stage.head("GET", "/v1/a?key=x"), "tell: started", "inspect: head")
                        .on(
                                "the masked head",
                                stage -> stage.headIsRewritten("/v1/a?key=*"),
                                "tell: allowed",
                                "acquire: api.example:443",
                                "caller: read")
                        .on(
                                "a stream",
                                stage -> stage.acquired(false),
                                "origin: GET /v1/a?key=* {host: api.example, authorization: Bearer real}",
                                "origin: flush",
                                "origin: read",
                                "caller: read")
                        .on(
                                "the caller goes",
                                Stage::callerGoes,
                                "origin: abort",
                                "inspect: close",
                                "tell: ended downstream_gone"),
                Playbook.of("messages leave one by one, each with its verdict")
                        .on("inspection of messages", stage -> stage.inspects(Inspection.Mode.MESSAGES))
                        .on(
                                "a head",
                                stage -> stage.head("POST", "/v1/a", "content-length: 6", "content-type: text/plain"),
                                "tell: started",
                                "inspect: head")
                        .on(
                                "its verdict",
                                Stage::headPasses,
                                "tell: allowed",
                                "acquire: api.example:443",
                                "caller: read")
                        .on(
                                "a stream",
                                stage -> stage.acquired(false),
                                "origin: POST /v1/a {host: api.example, content-length: 6, content-type: text/plain,"
                                        + " authorization: Bearer real}",
                                "origin: flush",
                                "origin: read",
                                "caller: read")
                        .on("a message", stage -> stage.body("one"), "tell: request part one", "inspect: one")
                        .on("the burst ends", Stage::burstEnds, "origin: flush", "caller: read")
                        .on("its verdict", Stage::pieceIsJudged, "origin: one", "origin: flush", "caller: read")
                        .on(
                                "one that must not leave",
                                stage -> stage.pieceFails(MATCH),
                                "origin: abort",
                                "tell: response head 403",
                                "caller: 403 dlp_match",
                                "tell: response part (sentence) end",
                                "caller: (sentence) end",
                                "caller: flush",
                                "inspect: close",
                                "tell: ended dlp_match",
                                "caller: ended, request not whole"));
    }

    static Stream<Playbook> early() {
        return Stream.of(
                posted("an origin that answers early gets the rest all the same")
                        .on(
                                "a response before the request's end",
                                stage -> stage.response(200, "content-length: 2"),
                                "tell: response head 200",
                                "caller: 200 {content-length: 2}")
                        .on(
                                "its end",
                                stage -> stage.responseEnds("ok"),
                                "tell: response part ok end",
                                "caller: ok end")
                        .on(
                                "the rest of the request",
                                stage -> stage.last("def"),
                                "tell: request part def end",
                                "origin: def end",
                                "origin: flush",
                                "caller: flush",
                                "tell: ended ok",
                                "caller: ended"),
                posted("an origin that answers early and goes does not want the rest")
                        .on(
                                "a response before the request's end",
                                stage -> stage.response(413, "content-length: 0"),
                                "tell: response head 413",
                                "caller: 413 {content-length: 0}")
                        .on("its end", stage -> stage.responseEnds(""), "tell: response part end", "caller: end")
                        .on(
                                "the origin goes",
                                stage -> stage.originFails(BROKEN),
                                "caller: flush",
                                "tell: ended ok",
                                "caller: ended, request not whole"));
    }

    static Stream<Playbook> failing() {
        return Stream.of(
                Playbook.of("an origin that cannot be reached is a 502")
                        .on(
                                "a head",
                                stage -> stage.head("GET", "/v1/a"),
                                "tell: started",
                                "tell: allowed",
                                "acquire: api.example:443",
                                "caller: read")
                        .on(
                                "no connection",
                                stage -> stage.originFails(UNREACHABLE),
                                "tell: response head 502",
                                "caller: 502 upstream_unreachable",
                                "tell: response part (sentence) end",
                                "caller: (sentence) end",
                                "caller: flush",
                                "tell: ended upstream_unreachable",
                                "caller: ended"),
                got("an origin that breaks after its head breaks the response off")
                        .on(
                                "a response head",
                                stage -> stage.response(200, "content-length: 5"),
                                "tell: response head 200",
                                "caller: 200 {content-length: 5}")
                        .on(
                                "the origin breaks",
                                stage -> stage.originFails(BROKEN),
                                "caller: flush",
                                "caller: abort",
                                "tell: ended upstream_unreachable"),
                posted("a small body that met a stale connection is not sent twice by POST")
                        .on(
                                "closed before an answer",
                                stage -> stage.originFails(STALE),
                                "tell: response head 502",
                                "caller: 502 upstream_closed",
                                "tell: response part (sentence) end",
                                "caller: (sentence) end",
                                "caller: flush",
                                "tell: ended upstream_closed",
                                "caller: ended, request not whole"),
                posted("what the origin certainly did not process is sent once more, in the same order")
                        .on(
                                "refused unread",
                                stage -> stage.originFails(new Failure.UpstreamRefused("GOAWAY")),
                                "acquire: api.example:443")
                        .on(
                                "another stream",
                                stage -> stage.acquired(false),
                                "origin: POST /v1/a {host: api.example, content-length: 6, content-type: text/plain,"
                                        + " authorization: Bearer real}",
                                "origin: abc",
                                "origin: flush",
                                "origin: read",
                                "caller: read")
                        .on(
                                "refused again",
                                stage -> stage.originFails(new Failure.UpstreamRefused("GOAWAY")),
                                "tell: response head 502",
                                "caller: 502 upstream_refused",
                                "tell: response part (sentence) end",
                                "caller: (sentence) end",
                                "caller: flush",
                                "tell: ended upstream_refused",
                                "caller: ended, request not whole"),
                got("an origin that is silent for too long is a 504")
                        .on(
                                "the time is over",
                                Stage::deadline,
                                "origin: abort",
                                "tell: response head 504",
                                "caller: 504 upstream_timeout",
                                "tell: response part (sentence) end",
                                "caller: (sentence) end",
                                "caller: flush",
                                "tell: ended upstream_timeout",
                                "caller: ended"));
    }

    static Stream<Playbook> aborted() {
        return Stream.of(
                Playbook.of("a caller that goes while a stream is awaited cancels it")
                        .on(
                                "a head",
                                stage -> stage.head("GET", "/v1/a"),
                                "tell: started",
                                "tell: allowed",
                                "acquire: api.example:443",
                                "caller: read")
                        .on("the caller goes", Stage::callerGoes, "acquire: cancel", "tell: ended downstream_gone")
                        .on("a stream all the same", stage -> stage.acquired(false), "origin: abort"),
                posted("a caller that goes in the middle resets the stream")
                        .on("the caller goes", Stage::callerGoes, "origin: abort", "tell: ended downstream_gone")
                        .on("a part that was on its way", stage -> stage.body("def"))
                        .on("an answer that was on its way", stage -> stage.response(200))
                        .on("and its body", stage -> stage.responseEnds("late")));
    }

    static Stream<Playbook> paced() {
        return Stream.of(
                posted("a caller is read only while the origin takes more")
                        .on("the origin is full", stage -> stage.originIsFull(true))
                        .on("a part", stage -> stage.body("de"), "tell: request part de", "origin: de")
                        .on("the burst ends", Stage::burstEnds, "origin: flush")
                        .on("the origin takes more", Stage::originTakesMore, "caller: read")
                        .on("the caller goes", Stage::callerGoes, "origin: abort", "tell: ended downstream_gone"),
                got("an origin is read only while the caller takes more")
                        .on(
                                "a response head",
                                stage -> stage.response(200, "content-length: 5"),
                                "tell: response head 200",
                                "caller: 200 {content-length: 5}")
                        .on("the caller is full", stage -> stage.callerIsFull(true))
                        .on("a part", stage -> stage.responseBody("he"), "tell: response part he", "caller: he")
                        .on("the burst ends", Stage::originBurstEnds, "caller: flush")
                        .on("the caller takes more", Stage::callerTakesMore, "origin: read")
                        .on("the caller goes", Stage::callerGoes, "origin: abort", "tell: ended downstream_gone"),
                Playbook.of("no more than a bounded part of a body waits for a stream")
                        .on(
                                "a head",
                                stage -> stage.head(
                                        "POST", "/v1/a", "content-length: 99999", "content-type: text/plain"),
                                "tell: started",
                                "tell: allowed",
                                "acquire: api.example:443",
                                "caller: read")
                        .on(
                                "64 KiB",
                                stage -> stage.body(" ".repeat(65_536)),
                                "tell: request part " + " ".repeat(65_536))
                        .on("the burst ends", Stage::burstEnds)
                        .on("the caller goes", Stage::callerGoes, "acquire: cancel", "tell: ended downstream_gone"));
    }

    static Stream<Playbook> special() {
        return Stream.of(
                Playbook.of("a body that waits for a 100 comes after it")
                        .on(
                                "a head",
                                stage -> stage.head(
                                        "POST",
                                        "/v1/a",
                                        "content-length: 3",
                                        "content-type: text/plain",
                                        "expect: 100-continue"),
                                "tell: started",
                                "tell: allowed",
                                "acquire: api.example:443",
                                "caller: read")
                        .on(
                                "a stream",
                                stage -> stage.acquired(false),
                                "origin: POST /v1/a {host: api.example, content-length: 3, content-type: text/plain,"
                                        + " expect: 100-continue, authorization: Bearer real}",
                                "origin: flush",
                                "origin: read",
                                "caller: read")
                        .on("a 102, which h1 callers do not get", stage -> stage.interim(102))
                        .on("a 100", stage -> stage.interim(100), "caller: 100")
                        .on("the burst ends", Stage::originBurstEnds, "caller: flush", "origin: read")
                        .on("the body", stage -> stage.last("abc"), "tell: request part abc end", "origin: abc end")
                        .on("the caller goes", Stage::callerGoes, "origin: abort", "tell: ended downstream_gone"),
                Playbook.of("an answer instead of a 100 ends the exchange without the body")
                        .on(
                                "a head",
                                stage -> stage.head(
                                        "POST",
                                        "/v1/a",
                                        "content-length: 3",
                                        "content-type: text/plain",
                                        "expect: 100-continue"),
                                "tell: started",
                                "tell: allowed",
                                "acquire: api.example:443",
                                "caller: read")
                        .on(
                                "a stream",
                                stage -> stage.acquired(false),
                                "origin: POST /v1/a {host: api.example, content-length: 3, content-type: text/plain,"
                                        + " expect: 100-continue, authorization: Bearer real}",
                                "origin: flush",
                                "origin: read",
                                "caller: read")
                        .on(
                                "an answer",
                                stage -> stage.response(417, "content-length: 0"),
                                "tell: response head 417",
                                "caller: 417 {content-length: 0}")
                        .on(
                                "its end",
                                stage -> stage.responseEnds(""),
                                "tell: response part end",
                                "caller: end",
                                "origin: abort",
                                "caller: flush",
                                "tell: ended ok",
                                "caller: ended, request not whole"),
                Playbook.of("a WebSocket becomes bytes")
                        .on(
                                "a head",
                                stage -> stage.head("GET", "/v1/a", "connection: upgrade", "upgrade: websocket"),
                                "tell: started",
                                "tell: allowed",
                                "acquire: api.example:443 by h1 alone",
                                "caller: read")
                        .on(
                                "a stream",
                                stage -> stage.acquired(false),
                                "origin: GET /v1/a {host: api.example, authorization: Bearer real, connection: Upgrade,"
                                        + " upgrade: websocket}",
                                "origin: flush",
                                "origin: read",
                                "caller: read")
                        .on(
                                "a 101",
                                stage -> stage.response(101, "connection: upgrade", "upgrade: websocket"),
                                "tell: response head 101",
                                "caller: 101 {connection: Upgrade, upgrade: websocket}")
                        .on(
                                "the end of its head",
                                stage -> stage.responseEnds(""),
                                "tell: response part end",
                                "caller: end",
                                "caller: flush",
                                "caller: upgraded",
                                "tell: ended ok"),
                got("a 101 that nobody asked for is a 502")
                        .on(
                                "a 101",
                                stage -> stage.response(101, "upgrade: websocket"),
                                "origin: abort",
                                "tell: response head 502",
                                "caller: 502 upstream_malformed",
                                "tell: response part (sentence) end",
                                "caller: (sentence) end",
                                "caller: flush",
                                "tell: ended upstream_malformed",
                                "caller: ended"),
                Playbook.of("an h2 origin is not told of TE by Connection, an h1 origin is")
                        .on("an h2 origin", Stage::originSpeaksHttp2)
                        .on(
                                "a head",
                                stage -> stage.head("GET", "/v1/a", "te: trailers"),
                                "tell: started",
                                "tell: allowed",
                                "acquire: api.example:443",
                                "caller: read")
                        .on(
                                "a stream",
                                stage -> stage.acquired(false),
                                "origin: GET /v1/a {host: api.example, te: trailers, authorization: Bearer real}",
                                "origin: flush",
                                "origin: read",
                                "caller: read")
                        .on("the caller goes", Stage::callerGoes, "origin: abort", "tell: ended downstream_gone"));
    }
}
