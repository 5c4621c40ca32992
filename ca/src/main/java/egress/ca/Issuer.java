package egress.ca;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.asn1.sec.SECObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.crypto.AsymmetricCipherKeyPair;
import org.bouncycastle.crypto.ec.CustomNamedCurves;
import org.bouncycastle.crypto.generators.ECKeyPairGenerator;
import org.bouncycastle.crypto.params.ECKeyGenerationParameters;
import org.bouncycastle.crypto.params.ECNamedDomainParameters;
import org.bouncycastle.crypto.util.PrivateKeyInfoFactory;
import org.bouncycastle.crypto.util.SubjectPublicKeyInfoFactory;
import org.bouncycastle.operator.OperatorCreationException;
import org.jspecify.annotations.Nullable;

/** A certificate authority: its certificate and its key, and what they sign. Safe for use by many threads. */
public final class Issuer {
    /** How long a minted authority lives, counting the backdating. */
    static final Duration LIFETIME = Duration.ofDays(3650);

    /** A caller in a container or a virtual machine may have a clock that is behind; leaves are backdated by less than this. */
    static final Duration BACKDATING = Duration.ofDays(2);

    private final X509Certificate certificate;
    private final byte[] encoded;
    private final String fingerprint;
    private final PrivateKey key;
    private final InstantSource clock;
    private final Supplier<LeafMint> newMint;
    private @Nullable LeafMint mint;

    private Issuer(
            X509Certificate certificate,
            byte[] encoded,
            PrivateKey key,
            InstantSource clock,
            Supplier<LeafMint> newMint) {
        this.certificate = certificate;
        this.encoded = encoded;
        this.fingerprint = HexFormat.of().formatHex(sha256(encoded));
        this.key = key;
        this.clock = clock;
        this.newMint = newMint;
    }

    /** Made at the first leaf: it loads BouncyCastle, for which the start need not wait. */
    private synchronized LeafMint mint() {
        if (mint == null) {
            mint = newMint.get();
        }
        return mint;
    }

    /**
     * An issuer of what was loaded. The pair is taken as it is: {@link CaFiles} checks that they belong together.
     *
     * @param clock where "now" of every leaf comes from
     * @param random for serial numbers, signatures and the leaf key
     */
    static Issuer of(X509Certificate certificate, PrivateKey key, InstantSource clock, SecureRandom random)
            throws CaException {
        try {
            return new Issuer(
                    certificate,
                    certificate.getEncoded(),
                    key,
                    clock,
                    () -> LeafMint.of(certificate, key, clock, random));
        } catch (CertificateEncodingException e) {
            throw new CaException("the CA certificate cannot be used: " + e.getMessage(), e);
        }
    }

    /**
     * 32 bytes that cannot be known without the private key: the same for as long as the authority is, others for each
     * purpose (HMAC-SHA256 under the key's PKCS#8 form).
     */
    public byte[] secretFor(String purpose) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key.getEncoded(), "HmacSHA256"));
            return mac.doFinal(purpose.getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has HmacSHA256", e);
        }
    }

    /** Makes a new authority: EC P-256, a name that no other has, nothing written anywhere. */
    public static Issuer mint(InstantSource clock, SecureRandom random) {
        Minted minted = mintPair(clock, random);
        return minted.issuer();
    }

    /** A new authority together with its private key, to be stored on disk. */
    record Minted(Issuer issuer, PrivateKey key) {
        @Override
        public String toString() {
            return "Minted[" + issuer + "]";
        }
    }

    static Minted mintPair(InstantSource clock, SecureRandom random) {
        try {
            KeyPair keys = newP256(random);
            X509Certificate certificate = selfSign(keys, clock.instant(), random);
            return new Minted(of(certificate, keys.getPrivate(), clock, random), keys.getPrivate());
        } catch (GeneralSecurityException | IOException | OperatorCreationException | CaException e) {
            throw new IllegalStateException("cannot make a certificate authority", e);
        }
    }

    private static X509Certificate selfSign(KeyPair keys, Instant now, SecureRandom random)
            throws GeneralSecurityException, IOException, OperatorCreationException {
        byte[] unique = new byte[8];
        random.nextBytes(unique);
        // Two authorities with one subject and different keys confuse every trust store that looks issuers up by name.
        X500Name name = new X500NameBuilder(BCStyle.INSTANCE)
                .addRDN(BCStyle.O, "egress-proxy")
                .addRDN(BCStyle.CN, "egress-proxy CA " + HexFormat.of().formatHex(unique))
                .build();
        Instant notBefore = now.minus(BACKDATING).truncatedTo(ChronoUnit.SECONDS);
        Instant notAfter = notBefore.plus(LIFETIME).minusSeconds(1);
        SubjectPublicKeyInfo publicKey =
                SubjectPublicKeyInfo.getInstance(keys.getPublic().getEncoded());
        X509v3CertificateBuilder builder = new X509v3CertificateBuilder(
                name, serial(random), Certificates.time(notBefore), Certificates.time(notAfter), name, publicKey);
        builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
        builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
        builder.addExtension(Extension.subjectKeyIdentifier, false, Certificates.keyIdentifier(publicKey));
        return Certificates.parse(
                builder.build(Signer.of(keys.getPrivate(), random).get()).getEncoded());
    }

    /** By the same library that signs: the JDK's way would set up tables of its own first, which is what a start would wait for. */
    static KeyPair newP256(SecureRandom random) throws GeneralSecurityException, IOException {
        ECKeyPairGenerator generator = new ECKeyPairGenerator();
        generator.init(new ECKeyGenerationParameters(
                new ECNamedDomainParameters(
                        SECObjectIdentifiers.secp256r1, CustomNamedCurves.getByOID(SECObjectIdentifiers.secp256r1)),
                random));
        AsymmetricCipherKeyPair keys = generator.generateKeyPair();
        KeyFactory factory = KeyFactory.getInstance("EC");
        return new KeyPair(
                factory.generatePublic(
                        new X509EncodedKeySpec(SubjectPublicKeyInfoFactory.createSubjectPublicKeyInfo(keys.getPublic())
                                .getEncoded())),
                factory.generatePrivate(
                        new PKCS8EncodedKeySpec(PrivateKeyInfoFactory.createPrivateKeyInfo(keys.getPrivate())
                                .getEncoded())));
    }

    /** 127 random bits, never zero: at most 16 bytes of the 20 that RFC 5280 section 4.1.2.2 allows. */
    static BigInteger serial(SecureRandom random) {
        return new BigInteger(126, random).setBit(126);
    }

    /**
     * Mints a leaf certificate for one name. Takes tens of microseconds with an EC authority, about one millisecond with an RSA one, and some tens
     * of milliseconds at the very first call: never call it on an event loop.
     *
     * @param name a DNS name, or an IP literal (IPv6 with or without brackets)
     * @throws MintException where none can be minted
     */
    public LeafCertificate issue(String name) {
        return issue(LeafName.parse(name));
    }

    LeafCertificate issue(LeafName name) {
        return mint().issue(name);
    }

    /** Pays the cost of first use (class loading, curve tables, the leaf key), so that the first connection does not. */
    public void warmUp() {
        issue("warm-up.invalid");
    }

    /** Why no leaf can be signed at this time; empty where one can. */
    public Optional<String> whyNotNow() {
        return whyNot(certificate, clock.instant());
    }

    static Optional<String> whyNot(X509Certificate authority, Instant now) {
        Instant notBefore = authority.getNotBefore().toInstant();
        Instant notAfter = authority.getNotAfter().toInstant();
        return now.isBefore(notBefore) || now.plus(LeafMint.LEAST_REMAINING).isAfter(notAfter)
                ? Optional.of("the CA certificate is valid from " + notBefore + " until " + notAfter
                        + " and can sign nothing at " + now)
                : Optional.empty();
    }

    /** The authority's certificate: the one that clients are to trust. */
    public X509Certificate certificate() {
        return certificate;
    }

    /** {@link #certificate()} in DER. */
    public byte[] encoded() {
        return encoded.clone();
    }

    /** SHA-256 of the DER certificate in lower-case hexadecimal, without separators. */
    public String fingerprint() {
        return fingerprint;
    }

    @Override
    public String toString() {
        return "Issuer[sha256:" + fingerprint + "]";
    }

    private static byte[] sha256(byte[] input) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(input);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    static List<byte[]> chainAbove(X509Certificate certificate) throws CertificateEncodingException {
        boolean root = certificate.getSubjectX500Principal().equals(certificate.getIssuerX500Principal());
        return root ? List.of() : List.of(certificate.getEncoded());
    }
}
