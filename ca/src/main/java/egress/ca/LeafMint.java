package egress.ca;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.x500.RDN;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.AuthorityKeyIdentifier;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.SubjectKeyIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.jspecify.annotations.Nullable;

/**
 * The profile of a leaf certificate (RFC 5280, the CA/Browser Forum's Baseline Requirements section 7.1.2.7, and what strict clients add), and its
 * signing.
 */
final class LeafMint {
    /** Total validity, counting the backdating: within every limit that is announced for public certificates (47 days from 2029 on). */
    static final Duration LIFETIME = Duration.ofDays(45);

    /** For callers whose clock is behind. */
    static final Duration BACKDATING = Duration.ofDays(1);

    /** With this much left a new leaf is minted. */
    static final Duration RENEWAL = Duration.ofDays(15);

    /** An authority that ends sooner than this signs no more: a handshake must be able to finish. */
    static final Duration LEAST_REMAINING = Duration.ofMinutes(1);

    /** X.520's ub-common-name: a longer name goes into the subjectAltName alone. */
    private static final int MAX_COMMON_NAME = 64;

    private static final X500Name NO_SUBJECT = new X500Name(new RDN[0]);

    private final X500Name issuer;
    private final X509Certificate authority;
    private final List<byte[]> above;
    private final Instant issuerNotBefore;
    private final Instant issuerNotAfter;
    private final AuthorityKeyIdentifier authorityKeyIdentifier;
    private final Signer signer;
    private final InstantSource clock;
    private final SecureRandom random;
    private @Nullable LeafKey leafKey;

    private record LeafKey(PrivateKey privateKey, SubjectPublicKeyInfo publicKey, SubjectKeyIdentifier identifier) {}

    /** @throws MintException where the authority cannot be put to use */
    static LeafMint of(X509Certificate certificate, PrivateKey key, InstantSource clock, SecureRandom random) {
        try {
            return new LeafMint(certificate, key, clock, random);
        } catch (IOException | CertificateEncodingException | IllegalArgumentException e) {
            throw new MintException(MintException.Reason.FAILED, "the CA certificate cannot be used to sign", e);
        }
    }

    private LeafMint(X509Certificate certificate, PrivateKey key, InstantSource clock, SecureRandom random)
            throws IOException, CertificateEncodingException {
        this.issuer = X500Name.getInstance(certificate.getSubjectX500Principal().getEncoded());
        this.authority = certificate;
        this.above = Issuer.chainAbove(certificate);
        this.issuerNotBefore = certificate.getNotBefore().toInstant();
        this.issuerNotAfter = certificate.getNotAfter().toInstant();
        this.authorityKeyIdentifier = new AuthorityKeyIdentifier(subjectKeyIdentifier(certificate));
        this.signer = Signer.of(key, random);
        this.clock = clock;
        this.random = random;
    }

    /** The issuer's own identifier, whichever way it was made: a verifier compares bytes. Computed only where the issuer has none. */
    private static byte[] subjectKeyIdentifier(X509Certificate certificate) {
        byte[] extension = certificate.getExtensionValue(Extension.subjectKeyIdentifier.getId());
        if (extension != null) {
            byte[] value = ASN1OctetString.getInstance(extension).getOctets();
            return SubjectKeyIdentifier.getInstance(value).getKeyIdentifier();
        }
        SubjectPublicKeyInfo publicKey =
                SubjectPublicKeyInfo.getInstance(certificate.getPublicKey().getEncoded());
        return Certificates.keyIdentifier(publicKey).getKeyIdentifier();
    }

    LeafCertificate issue(LeafName name) {
        Instant now = clock.instant();
        Optional<String> whyNot = Issuer.whyNot(authority, now);
        if (whyNot.isPresent()) {
            throw new MintException(MintException.Reason.CA_NOT_VALID, whyNot.get());
        }
        Instant notBefore = latest(now.minus(BACKDATING).truncatedTo(ChronoUnit.SECONDS), issuerNotBefore);
        // Validity counts its last second in (RFC 5280 section 4.1.2.5).
        Instant full = now.minus(BACKDATING)
                .truncatedTo(ChronoUnit.SECONDS)
                .plus(LIFETIME)
                .minusSeconds(1);
        Instant notAfter = full.isAfter(issuerNotAfter) ? issuerNotAfter : full;
        Instant renewAfter = full.isAfter(issuerNotAfter) ? Instant.MAX : notAfter.minus(RENEWAL);
        try {
            LeafKey key = leafKey();
            byte[] der = certificate(name, key, notBefore, notAfter);
            List<byte[]> chain = new ArrayList<>(above.size() + 1);
            chain.add(der);
            chain.addAll(above);
            return new LeafCertificate(newId(), name.text(), chain, key.privateKey, notBefore, notAfter, renewAfter);
        } catch (GeneralSecurityException | IOException | OperatorCreationException e) {
            throw new MintException(MintException.Reason.FAILED, "cannot mint a certificate for " + name.text(), e);
        }
    }

    private byte[] certificate(LeafName name, LeafKey key, Instant notBefore, Instant notAfter)
            throws IOException, OperatorCreationException {
        X500Name subject = name.text().length() > MAX_COMMON_NAME
                ? NO_SUBJECT
                : new X500NameBuilder(BCStyle.INSTANCE)
                        .addRDN(BCStyle.CN, name.text())
                        .build();
        GeneralName alternative = switch (name) {
            case LeafName.Dns(String dns) -> new GeneralName(GeneralName.dNSName, dns);
            case LeafName.Ip(String address) -> new GeneralName(GeneralName.iPAddress, address);
        };
        X509v3CertificateBuilder builder = new X509v3CertificateBuilder(
                issuer,
                Issuer.serial(random),
                Certificates.time(notBefore),
                Certificates.time(notAfter),
                subject,
                key.publicKey);
        // RFC 5280 section 4.2.1.6: critical if and only if the subject is empty.
        builder.addExtension(
                Extension.subjectAlternativeName, subject.equals(NO_SUBJECT), new GeneralNames(alternative));
        builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
        builder.addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(KeyPurposeId.id_kp_serverAuth));
        builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
        builder.addExtension(Extension.subjectKeyIdentifier, false, key.identifier);
        builder.addExtension(Extension.authorityKeyIdentifier, false, authorityKeyIdentifier);
        return builder.build(signer.get()).getEncoded();
    }

    private synchronized LeafKey leafKey() throws GeneralSecurityException, IOException {
        if (leafKey == null) {
            KeyPair keys = Issuer.newP256(random);
            SubjectPublicKeyInfo publicKey =
                    SubjectPublicKeyInfo.getInstance(keys.getPublic().getEncoded());
            leafKey = new LeafKey(keys.getPrivate(), publicKey, Certificates.keyIdentifier(publicKey));
        }
        return leafKey;
    }

    private String newId() {
        return "leaf-" + Long.toHexString(random.nextLong()) + Long.toHexString(random.nextLong());
    }

    private static Instant latest(Instant a, Instant b) {
        return a.isAfter(b) ? a : b;
    }
}
