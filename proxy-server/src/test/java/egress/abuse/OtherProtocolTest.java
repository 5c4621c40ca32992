package egress.abuse;

import egress.server.ProxyUnderTest;
import egress.testkit.Alpn;
import egress.testkit.client.H2Client;
import egress.testkit.client.RawClient;
import egress.testkit.origin.H2Fault;
import egress.testkit.origin.HostileOrigin;
import egress.testkit.scorecard.Case;
import egress.testkit.scorecard.Scorecard;
import egress.testkit.wire.ReceivedResponse;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Rows 41 and 43: no way round by h3, and no upgrade to anything but WebSocket. */
class OtherProtocolTest extends SiteFixture {
    @ParameterizedTest
    @MethodSource({"alternatives", "webSockets"})
    void isNotSpoken(Case each, Scorecard scorecard) {
        scorecard.verify(each);
    }

    static Stream<Case> alternatives() {
        site.h1.on(
                "/alt",
                exchange -> exchange.respond(200, "ok", "alt-svc", "h3=\":443\"", "Alt-Svc", "h2=\"evil:443\""));
        site.h2.on("/alt", exchange -> exchange.respond(200, "ok", "alt-svc", "h3=\":443\""));
        return Stream.of(
                Case.stopped(
                        "41.a",
                        "Alt-Svc of an h1 origin",
                        "h1",
                        () -> {
                            try (RawClient client = site.proxy.connect(Site.H1 + ":443")) {
                                return shown(client.get("/alt", Site.H1));
                            }
                        },
                        "taken out"),
                Case.stopped(
                        "41.b",
                        "Alt-Svc of an h2 origin",
                        "h2",
                        () -> {
                            try (H2Client client = site.h2Client(Site.H2)) {
                                return shown(client.get(Site.H2, "/alt").response());
                            }
                        },
                        "taken out"),
                Case.stopped(
                        "41.c",
                        "an ALTSVC frame of an h2 origin",
                        "h2",
                        () -> {
                            try (HostileOrigin origin = HostileOrigin.tls(
                                            site.ca.leaf("alt.example"), Alpn.H2, H2Fault.ALTSVC_FRAME);
                                    ProxyUnderTest own = ProxyUnderTest.with()
                                            .routes("routes: [{host: alt.example}]")
                                            .trust(site.ca)
                                            .pin("alt.example:443", origin.port())
                                            .start();
                                    H2Client client = H2Client.through(
                                            own.port(), "alt.example:443", own.client("alt.example"))) {
                                return shown(client.get("alt.example", "/").response());
                            }
                        },
                        "taken out"));
    }

    private static String shown(ReceivedResponse response) {
        return response.status() == 200 && response.value("alt-svc").isEmpty() ? "taken out" : response.toString();
    }

    private static String upgrade(String value) throws IOException {
        return site.h1(
                Site.H1,
                "GET",
                "/ws",
                "Connection: Upgrade",
                "Upgrade: " + value,
                "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==");
    }

    static Stream<Case> webSockets() {
        return Stream.of(
                site.stopped("43.a", "an upgrade to TLS", "h1", () -> upgrade("TLS/1.0"), "403 upgrade_not_allowed"),
                site.stopped(
                        "43.b",
                        "an upgrade to something of its own",
                        "h1",
                        () -> upgrade("own/1"),
                        "403 upgrade_not_allowed"),
                site.stopped(
                        "43.c",
                        "an upgrade to two things",
                        "h1",
                        () -> upgrade("own, websocket"),
                        "403 upgrade_not_allowed"),
                site.stopped(
                        "43.d",
                        "an extended CONNECT",
                        "h2",
                        () -> site.h2(Site.H2, Site.extendedConnect(Site.H2, "/ws")),
                        "reset 1"),
                Case.through(
                        "43.e",
                        "an upgrade to WebSocket",
                        "h1",
                        () -> {
                            try (RawClient client = site.proxy.connect(Site.H1 + ":443")) {
                                client.send(
                                        "GET /ws HTTP/1.1\r\nHost: h1.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                                                + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
                                return Integer.toString(client.readHead().status());
                            }
                        },
                        "101"));
    }
}
