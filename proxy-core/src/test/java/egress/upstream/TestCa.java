package egress.upstream;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.Date;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** An authority for tests, and certificates of every bad kind. */
public final class TestCa {
    private static final AtomicLong SERIAL = new AtomicLong(1);

    private final KeyPair keys = newKeys();
    private final X500Name name;
    private final X509Certificate certificate;

    public TestCa(String commonName) {
        name = new X500Name("CN=" + commonName);
        Instant now = Instant.now();
        certificate = sign(
                new JcaX509v3CertificateBuilder(
                        name,
                        BigInteger.valueOf(SERIAL.incrementAndGet()),
                        Date.from(now.minus(Duration.ofDays(1))),
                        Date.from(now.plus(Duration.ofDays(30))),
                        name,
                        keys.getPublic()),
                keys.getPrivate(),
                true);
    }

    /** A key and its chain. */
    public record Identity(PrivateKey key, X509Certificate leaf) {
        public SSLContext serverContext() {
            try {
                KeyStore store = KeyStore.getInstance("PKCS12");
                store.load(null, null);
                store.setKeyEntry("key", key, new char[0], new X509Certificate[] {leaf});
                KeyManagerFactory factory = KeyManagerFactory.getInstance("PKIX");
                factory.init(store, new char[0]);
                SSLContext context = SSLContext.getInstance("TLS");
                context.init(factory.getKeyManagers(), null, null);
                return context;
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException(e);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    public Identity issue(String... names) {
        Instant now = Instant.now();
        return issue(now.minus(Duration.ofDays(1)), now.plus(Duration.ofDays(10)), names);
    }

    /** For a key of another kind than EC P-256. */
    Identity issueFor(KeyPair leaf, String... names) {
        Instant now = Instant.now();
        return new Identity(
                leaf.getPrivate(),
                leaf(
                        name,
                        keys.getPrivate(),
                        leaf,
                        now.minus(Duration.ofDays(1)),
                        now.plus(Duration.ofDays(10)),
                        names));
    }

    Identity issue(Instant from, Instant to, String... names) {
        KeyPair leaf = newKeys();
        return new Identity(leaf.getPrivate(), leaf(name, keys.getPrivate(), leaf, from, to, names));
    }

    /** Signed by its own key. */
    static Identity selfSigned(String host) {
        KeyPair leaf = newKeys();
        Instant now = Instant.now();
        return new Identity(
                leaf.getPrivate(),
                leaf(
                        new X500Name("CN=leaf"),
                        leaf.getPrivate(),
                        leaf,
                        now.minus(Duration.ofDays(1)),
                        now.plus(Duration.ofDays(10)),
                        host));
    }

    private static X509Certificate leaf(
            X500Name issuer, PrivateKey issuerKey, KeyPair leaf, Instant from, Instant to, String... names) {
        X509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                issuer,
                BigInteger.valueOf(SERIAL.incrementAndGet()),
                Date.from(from),
                Date.from(to),
                new X500Name("CN=leaf"),
                leaf.getPublic());
        GeneralName[] subjects = Arrays.stream(names)
                .map(one -> Cidr.literal(one) == null
                        ? new GeneralName(GeneralName.dNSName, one)
                        : new GeneralName(GeneralName.iPAddress, one))
                .toArray(GeneralName[]::new);
        try {
            if (subjects.length > 0) {
                builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(subjects));
            }
        } catch (CertIOException e) {
            throw new UncheckedIOException(e);
        }
        return sign(builder, issuerKey, false);
    }

    private static X509Certificate sign(X509v3CertificateBuilder builder, PrivateKey key, boolean ca) {
        try {
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(ca));
            return new JcaX509CertificateConverter()
                    .getCertificate(builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(key)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (GeneralSecurityException | OperatorCreationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static KeyPair newKeys() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    public X509Certificate certificate() {
        return certificate;
    }

    /** The authority's certificate as a PEM file in the folder. */
    public Path pemIn(Path folder) {
        try {
            String base64 = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(certificate.getEncoded());
            return Files.writeString(
                    folder.resolve(String.format(Locale.ROOT, "ca-%d.pem", SERIAL.incrementAndGet())),
                    "# a comment\n-----BEGIN CERTIFICATE-----\n" + base64 + "\n-----END CERTIFICATE-----\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
