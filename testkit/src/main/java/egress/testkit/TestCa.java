package egress.testkit;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * A throw-away certificate authority (EC P-256) that mints what a test needs: good leaf certificates, expired ones, not yet valid
 * ones, self-signed ones. An unknown issuer is another {@code TestCa}; a wrong host is a leaf for another name.
 */
public final class TestCa {
    private static final Duration YEAR = Duration.ofDays(365);

    private final SecureRandom random = new SecureRandom();
    private final Instant now;
    private final KeyPair keys;
    private final X509Certificate certificate;
    private final List<X509Certificate> above;

    private TestCa(Instant now, KeyPair keys, X509Certificate certificate, List<X509Certificate> above) {
        this.now = now;
        this.keys = keys;
        this.certificate = certificate;
        this.above = above;
    }

    /** A new root, valid from an hour ago for a year. */
    public static TestCa create(String name) {
        Instant now = Instant.now();
        KeyPair keys = newKeys(new SecureRandom());
        Minting minting = new Minting(now.minus(Duration.ofHours(1)), now.plus(YEAR), new SecureRandom());
        X500Principal subject = new X500Principal("CN=" + name);
        return new TestCa(now, keys, minting.issuer(subject, keys, subject, keys), List.of());
    }

    /** A certificate authority below this one; its leaves come with the chain up to, not with, the root. */
    public TestCa intermediate(String name) {
        KeyPair below = newKeys(random);
        X509Certificate issued =
                minting(Duration.ofHours(-1), YEAR).issuer(new X500Principal("CN=" + name), below, subject(), keys);
        List<X509Certificate> chain = new ArrayList<>(List.of(issued));
        chain.addAll(above);
        return new TestCa(now, below, issued, List.copyOf(chain));
    }

    /** A leaf certificate for these DNS names and IP literals, valid from an hour ago for 90 days. */
    public TestLeaf leaf(String... names) {
        return leaf(Duration.ofHours(-1), Duration.ofDays(90), names);
    }

    /** A leaf certificate whose validity is given as seen from now; negative is the past. */
    public TestLeaf leaf(Duration notBefore, Duration notAfter, String... names) {
        KeyPair leafKeys = newKeys(random);
        X509Certificate leaf = minting(notBefore, notAfter).leaf(names, leafKeys, subject(), keys);
        List<X509Certificate> chain = new ArrayList<>(List.of(leaf));
        chain.addAll(above);
        return new TestLeaf(chain, leafKeys.getPrivate());
    }

    /** A leaf certificate that ended an hour ago. */
    public TestLeaf expired(String... names) {
        return leaf(Duration.ofDays(-30), Duration.ofHours(-1), names);
    }

    /** A leaf certificate that begins in a day. */
    public TestLeaf notYetValid(String... names) {
        return leaf(Duration.ofDays(1), Duration.ofDays(30), names);
    }

    /** A good-looking leaf certificate that nobody but itself signed. */
    public static TestLeaf selfSigned(String... names) {
        Instant now = Instant.now();
        SecureRandom random = new SecureRandom();
        KeyPair keys = newKeys(random);
        Minting minting = new Minting(now.minus(Duration.ofHours(1)), now.plus(Duration.ofDays(90)), random);
        return new TestLeaf(
                List.of(minting.leaf(names, keys, new X500Principal("CN=" + names[0]), keys)), keys.getPrivate());
    }

    /** The authority's own certificate: what a client has to trust. */
    public X509Certificate certificate() {
        return certificate;
    }

    /** The key that signs. */
    public PrivateKey key() {
        return keys.getPrivate();
    }

    /** Writes the certificate as PEM and returns the file. */
    public Path writePem(Path file) throws IOException {
        return Files.writeString(file, pem(certificate));
    }

    /** The certificate as PEM. */
    public static String pem(X509Certificate certificate) {
        try {
            return pem("CERTIFICATE", certificate.getEncoded());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    static String pem(String type, byte[] der) {
        Base64.Encoder lines = Base64.getMimeEncoder(64, new byte[] {'\n'});
        return "-----BEGIN " + type + "-----\n" + lines.encodeToString(der) + "\n-----END " + type + "-----\n";
    }

    private X500Principal subject() {
        return certificate.getSubjectX500Principal();
    }

    private Minting minting(Duration notBefore, Duration notAfter) {
        return new Minting(now.plus(notBefore), now.plus(notAfter), random);
    }

    private static KeyPair newKeys(SecureRandom random) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"), random);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The building of one certificate. */
    private record Minting(Instant notBefore, Instant notAfter, SecureRandom random) {
        X509Certificate issuer(X500Principal subject, KeyPair own, X500Principal issuer, KeyPair signer) {
            try {
                JcaX509v3CertificateBuilder builder = builder(issuer, subject, own, signer);
                builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
                builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
                return sign(builder, signer);
            } catch (GeneralSecurityException | CertIOException | OperatorCreationException e) {
                throw new IllegalStateException(e);
            }
        }

        X509Certificate leaf(String[] names, KeyPair own, X500Principal issuer, KeyPair signer) {
            try {
                X500Principal subject = new X500Principal("CN=" + names[0]);
                JcaX509v3CertificateBuilder builder = builder(issuer, subject, own, signer);
                GeneralName[] general = new GeneralName[names.length];
                for (int i = 0; i < names.length; i++) {
                    boolean ip = names[i].indexOf(':') >= 0 || names[i].matches("[0-9.]+");
                    general[i] = new GeneralName(ip ? GeneralName.iPAddress : GeneralName.dNSName, names[i]);
                }
                builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(general));
                builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
                builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
                builder.addExtension(
                        Extension.extendedKeyUsage, false, new ExtendedKeyUsage(KeyPurposeId.id_kp_serverAuth));
                return sign(builder, signer);
            } catch (GeneralSecurityException | CertIOException | OperatorCreationException e) {
                throw new IllegalStateException(e);
            }
        }

        private JcaX509v3CertificateBuilder builder(
                X500Principal issuer, X500Principal subject, KeyPair own, KeyPair signer)
                throws GeneralSecurityException, CertIOException {
            JcaX509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                    issuer,
                    new BigInteger(127, random).add(BigInteger.ONE),
                    Date.from(notBefore),
                    Date.from(notAfter),
                    subject,
                    own.getPublic());
            JcaX509ExtensionUtils extensions = new JcaX509ExtensionUtils();
            builder.addExtension(
                    Extension.subjectKeyIdentifier, false, extensions.createSubjectKeyIdentifier(own.getPublic()));
            builder.addExtension(
                    Extension.authorityKeyIdentifier,
                    false,
                    extensions.createAuthorityKeyIdentifier(signer.getPublic()));
            return builder;
        }

        private X509Certificate sign(JcaX509v3CertificateBuilder builder, KeyPair signer)
                throws OperatorCreationException, GeneralSecurityException {
            JcaContentSignerBuilder algorithm = new JcaContentSignerBuilder("SHA256withECDSA").setSecureRandom(random);
            return new JcaX509CertificateConverter()
                    .getCertificate(builder.build(algorithm.build(signer.getPrivate())));
        }
    }
}
