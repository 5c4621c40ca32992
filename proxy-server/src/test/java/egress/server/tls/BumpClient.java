package egress.server.tls;

import egress.ca.Issuer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/** A caller that trusts one authority and checks the name, with the JDK's TLS. */
final class BumpClient {
    private final BumpServer server;
    private final Issuer trusted;
    private final SSLContext shared;

    BumpClient(BumpServer server, Issuer trusted) throws GeneralSecurityException, IOException {
        this.server = server;
        this.trusted = trusted;
        this.shared = newContext();
    }

    /** What the server told, and what it presented. */
    record Visit(String told, X509Certificate leaf) {}

    private SSLContext newContext() throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        store.setCertificateEntry("ca", trusted.certificate());
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }

    SSLSocket open(String name, String[] versions, String... applicationProtocols)
            throws IOException, GeneralSecurityException {
        return open(newContext(), name, versions, applicationProtocols);
    }

    /** The client's side of a handshake in memory. */
    SSLEngine newEngine(String name) {
        SSLEngine engine = shared.createSSLEngine(name, 443);
        engine.setUseClientMode(true);
        return engine;
    }

    private SSLSocket open(SSLContext context, String name, String[] versions, String... applicationProtocols)
            throws IOException {
        String host = name.startsWith("[") ? name.substring(1, name.length() - 1) : name;
        SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(server.connect(name), host, 443, true);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        parameters.setProtocols(versions);
        parameters.setApplicationProtocols(applicationProtocols);
        socket.setSSLParameters(parameters);
        return socket;
    }

    /** A full handshake and one echo. */
    Visit visit(String name, String version, String... applicationProtocols)
            throws IOException, GeneralSecurityException {
        try (SSLSocket socket = open(name, new String[] {version}, applicationProtocols)) {
            return talk(socket);
        }
    }

    /** As {@link #visit}, with sessions kept between the visits. */
    Visit visitAgain(String name, String version) throws IOException {
        try (SSLSocket socket = open(shared, name, new String[] {version})) {
            return talk(socket);
        }
    }

    static Visit talk(SSLSocket socket) throws IOException {
        socket.startHandshake();
        BufferedReader in =
                new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
        String told = in.readLine();
        socket.getOutputStream().write("echo\n".getBytes(StandardCharsets.US_ASCII));
        if (!"echo".equals(in.readLine())) {
            throw new IOException("no echo");
        }
        return new Visit(
                String.valueOf(told), (X509Certificate) socket.getSession().getPeerCertificates()[0]);
    }
}
