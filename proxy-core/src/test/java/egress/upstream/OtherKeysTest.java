package egress.upstream;

import static egress.upstream.TestExchange.get;
import static org.assertj.core.api.Assertions.assertThat;

import egress.exchange.Failure;
import egress.exchange.Upstreams.Origin;
import egress.exchange.Upstreams.Protocol;
import egress.http.Authority;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.spec.ECGenParameterSpec;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Origins whose keys BoringSSL has no algorithm for are spoken to by the JDK's TLS, and what fails says why. */
class OtherKeysTest extends TlsFixture {
    enum Kind {
        ED25519,
        ED448,
        P521,
        RSA_PSS;

        KeyPair generate() throws GeneralSecurityException {
            return switch (this) {
                case ED25519 -> KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
                case ED448 -> KeyPairGenerator.getInstance("Ed448").generateKeyPair();
                case RSA_PSS -> KeyPairGenerator.getInstance("RSASSA-PSS").generateKeyPair();
                case P521 -> {
                    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
                    generator.initialize(new ECGenParameterSpec("secp521r1"));
                    yield generator.generateKeyPair();
                }
            };
        }
    }

    private static Rig rig(int port) {
        return rig(port, SslProvider.OPENSSL_REFCNT);
    }

    private static Rig rig(int port, SslProvider provider) {
        return new Rig(Rig.pinnedTo(port).withExtraTrust(List.of(caPem)), provider);
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void areServedAndRemembered(Kind kind) throws Exception {
        String close = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
        SSLContext context = CA.issueFor(kind.generate(), "api.example").serverContext();
        try (RawOrigin origin = RawOrigin.tls(context, connection -> connection.serve(close));
                Rig rig = rig(origin.port())) {
            assertThat(rig.tls(get()).answer().body()).isEqualTo("ok");
            assertThat(rig.statistics().handshakeFailures()).isEqualTo(1);
            assertThat(rig.tls(get()).answer().body()).isEqualTo("ok");
            assertThat(rig.statistics().handshakeFailures())
                    .as("of BoringSSL's")
                    .isEqualTo(1);
        }
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void areVerifiedAsAnyOther(Kind kind) throws Exception {
        List<String> heads = new ArrayList<>();
        TestCa stranger = new TestCa("a stranger");
        for (TestCa.Identity wrong : List.of(
                CA.issueFor(kind.generate(), "other.example"), stranger.issueFor(kind.generate(), "api.example"))) {
            try (RawOrigin origin =
                            RawOrigin.tls(wrong.serverContext(), connection -> heads.add(connection.readHead()));
                    Rig rig = rig(origin.port())) {
                Failure failure = rig.tls(get()).failure();

                assertThat(failure).isInstanceOf(Failure.UpstreamUntrusted.class);
                assertThat(failure.words())
                        .containsAnyOf(
                                "the certificate is for \"other.example\", not for api.example",
                                "issued by an authority that is not trusted: \"CN=a stranger\"");
            }
        }
        assertThat(heads).allMatch(String::isEmpty);
    }

    @Test
    void speakH2AsAnyOther() throws Exception {
        SSLContext context = CA.issueFor(Kind.ED25519.generate(), "api.example").serverContext();
        List<String> chosen = new ArrayList<>();
        try (RawOrigin origin = RawOrigin.tls(context, connection -> {
                    SSLSocket socket = (SSLSocket) connection.socket();
                    var parameters = socket.getSSLParameters();
                    parameters.setApplicationProtocols(new String[] {"h2"});
                    socket.setSSLParameters(parameters);
                    socket.startHandshake();
                    chosen.add(socket.getApplicationProtocol());
                });
                Rig rig = rig(origin.port())) {
            TestExchange exchange = get();
            rig.acquire(exchange, new Origin(new Authority("api.example", 443), true, Protocol.ANY));
            exchange.failure();
        }
        assertThat(chosen).containsExactly("h2");
    }

    @Test
    void nothingInCommonIsSaidInWords() throws Exception {
        SSLContext context = CA.issue("api.example").serverContext();
        try (RawOrigin origin = RawOrigin.tls(context, connection -> {
                    SSLSocket socket = (SSLSocket) connection.socket();
                    socket.setEnabledProtocols(new String[] {"TLSv1.2"});
                    socket.setNeedClientAuth(true);
                    connection.readHead();
                });
                Rig rig = rig(origin.port())) {
            Failure failure = rig.tls(get()).failure();

            assertThat(failure).isInstanceOf(Failure.UpstreamUntrusted.class);
            assertThat(failure.words()).startsWith("TLS with api.example failed: ");
            assertThat(origin.accepted.get()).isBetween(1, 2);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"OPENSSL_REFCNT", "JDK"})
    void aSecondHandshakeOnTheOpenConnectionIsRefusedInWords(SslProvider provider) throws Exception {
        SSLContext context = CA.issue("api.example").serverContext();
        try (RawOrigin origin = RawOrigin.tls(context, connection -> {
                    SSLSocket socket = (SSLSocket) connection.socket();
                    socket.setEnabledProtocols(new String[] {"TLSv1.2"});
                    connection.readHead();
                    socket.startHandshake();
                    socket.setSoTimeout(500);
                    try {
                        connection.write(RawOrigin.OK);
                        connection.awaitEnd(); // the JDK's server takes no_renegotiation for the end, once it reads on
                    } catch (IOException e) {
                        // and has ended the connection then, or closes it now
                    }
                });
                Rig rig = rig(origin.port(), provider)) {
            assertThat(rig.tls(get()).failure().words())
                    .startsWith("the origin asked for a second handshake on the open connection");
        }
    }
}
