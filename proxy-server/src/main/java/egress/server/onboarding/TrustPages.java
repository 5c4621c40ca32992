package egress.server.onboarding;

import egress.ca.Issuer;
import egress.ca.TrustStores;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * What {@code http://_egress.local/} serves: the authority's certificate in every form, and a page that says what to do with it. Only certificates go
 * in here, so no private key can come out. Safe for use by many threads.
 */
public final class TrustPages {
    private static final String TEMPLATE = "trust-pages.html";
    private static final String KEPT_IN = "$HOME/.egress-trust";
    private static final String X509 = "application/x-x509-ca-cert";
    private static final String PEM = "application/x-pem-file";
    private static final String JKS = "application/x-java-keystore";

    private final String subject;
    private final String fingerprint;
    private final TrustStores stores;
    private final Supplier<List<X509Certificate>> machine;
    private final URI proxy;
    private final Map<String, Page> pages = new ConcurrentHashMap<>();

    /** One answer: its body, and the fields that describe it. */
    static final class Page {
        private final String contentType;
        private final Optional<String> fileName;
        private final byte[] body;

        private Page(String contentType, Optional<String> fileName, byte[] body) {
            this.contentType = contentType;
            this.fileName = fileName;
            this.body = body;
        }

        /** Value of the field Content-Type. */
        public String contentType() {
            return contentType;
        }

        /** The name to keep a download under (for Content-Disposition); empty for what is to be shown. */
        public Optional<String> fileName() {
            return fileName;
        }

        /** A copy. */
        public byte[] body() {
            return body.clone();
        }
    }

    /**
     * @param machine what the machine trusts; asked for once, when a bundle is
     * @param proxy the gate's address as its callers reach it, for the instructions
     */
    public TrustPages(Issuer issuer, Supplier<List<X509Certificate>> machine, URI proxy) {
        this.subject = issuer.certificate().getSubjectX500Principal().getName();
        this.fingerprint = issuer.fingerprint();
        this.stores = new TrustStores(issuer.certificate());
        this.machine = machine;
        this.proxy = proxy;
    }

    /** Makes every page, so that {@link #page} only looks them up. Takes some hundred milliseconds: not for an event loop. */
    public void warmUp() {
        for (String path :
                new String[] {"/", "/ca.pem", "/ca.der", "/ca.p12", "/ca.jks", "/bundle.pem", "/bundle.jks", "/wgetrc"
                }) {
            page(path);
        }
    }

    /**
     * The page at a path, or empty where there is none.
     *
     * @param path of the request's target; a query is ignored
     */
    public Optional<Page> page(String path) {
        int query = path.indexOf('?');
        String plain = query < 0 ? path : path.substring(0, query);
        Page known = pages.get(plain);
        if (known != null) {
            return Optional.of(known);
        }
        Optional<Page> made = make(plain);
        made.ifPresent(page -> pages.put(plain, page));
        return made;
    }

    private Optional<Page> make(String path) {
        return switch (path) {
            case "/" -> Optional.of(new Page("text/html; charset=utf-8", Optional.empty(), html()));
            case "/ca.pem" -> file(PEM, "egress-ca.pem", stores.pem());
            case "/ca.der" -> file(X509, "egress-ca.der", stores.der());
            case "/ca.p12" ->
                file("application/x-pkcs12", "egress-ca.p12", stores.pkcs12(TrustStores.DEFAULT_PASSWORD));
            case "/ca.jks" -> file(JKS, "egress-ca.jks", stores.jks(TrustStores.DEFAULT_PASSWORD));
            case "/bundle.pem" -> file(PEM, "bundle.pem", stores.bundle(machine.get()));
            case "/bundle.jks" ->
                file(JKS, "bundle.jks", stores.jksBundle(machine.get(), TrustStores.DEFAULT_PASSWORD));
            // wget takes ~/ for the home directory, and no variable.
            case "/wgetrc" ->
                file(
                        "text/plain; charset=utf-8",
                        "wgetrc",
                        ClientTrustVariables.wgetrc("", KEPT_IN.replace("$HOME", "~") + "/bundle.pem")
                                .getBytes(StandardCharsets.UTF_8));
            default -> Optional.empty();
        };
    }

    private static Optional<Page> file(String contentType, String name, byte[] body) {
        return Optional.of(new Page(contentType, Optional.of(name), body));
    }

    private byte[] html() {
        String exports = ClientTrustVariables.variables(
                        proxy,
                        KEPT_IN + "/ca.pem",
                        KEPT_IN + "/bundle.pem",
                        KEPT_IN + "/bundle.jks",
                        KEPT_IN + "/wgetrc")
                .entrySet()
                .stream()
                // In double quotes the shell expands $HOME; nothing else in these values means anything to it.
                .map(variable -> "export " + variable.getKey() + "=\"" + variable.getValue() + "\"")
                .collect(Collectors.joining("\n"));
        return template()
                .replace("{{exports}}", escaped(exports))
                .replace("{{subject}}", escaped(subject))
                .replace("{{fingerprint}}", escaped(fingerprint))
                .replace("{{proxy}}", escaped(proxy.toString()))
                .replace("{{password}}", escaped(TrustStores.DEFAULT_PASSWORD))
                .getBytes(StandardCharsets.UTF_8);
    }

    private static String template() {
        try (InputStream in = TrustPages.class.getResourceAsStream(TEMPLATE)) {
            if (in == null) {
                throw new IllegalStateException(TEMPLATE + " is not in the jar");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String escaped(String text) {
        StringBuilder out = new StringBuilder(text.length() + 16);
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '&' -> out.append("&amp;");
                case '<' -> out.append("&lt;");
                case '>' -> out.append("&gt;");
                case '"' -> out.append("&quot;");
                case '\'' -> out.append("&#39;");
                default -> out.append(c);
            }
        }
        return out.toString();
    }
}
