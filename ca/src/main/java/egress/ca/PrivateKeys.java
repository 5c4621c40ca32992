package egress.ca;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;

/** The encodings that private keys have in PEM files. */
final class PrivateKeys {
    private PrivateKeys() {}

    /** Whether a PEM block's label is one of a private key that can be read, or that is known to be encrypted. */
    static boolean isKey(String label) {
        return switch (label) {
            case "PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY" -> true;
            default -> label.endsWith(" PRIVATE KEY");
        };
    }

    /**
     * Decodes a key of PKCS#8 (RFC 5958), PKCS#1 (RFC 8017) or SEC 1 (RFC 5915).
     *
     * @param owner the certificate's public key: SEC 1 may leave the curve out, and then it is this one's
     * @throws GeneralSecurityException where it is anything else; the message holds nothing of the key
     */
    static PrivateKey decode(Pem.Block block, PublicKey owner) throws GeneralSecurityException {
        try {
            PrivateKeyInfo key = switch (block.label()) {
                case "PRIVATE KEY" -> PrivateKeyInfo.getInstance(block.content());
                case "RSA PRIVATE KEY" ->
                    wrap(
                            new AlgorithmIdentifier(PKCSObjectIdentifiers.rsaEncryption, DERNull.INSTANCE),
                            block.content());
                case "EC PRIVATE KEY" -> wrap(curveOf(block.content(), owner), block.content());
                default -> throw new GeneralSecurityException("a key of the kind \"" + block.label() + "\"");
            };
            String algorithm = algorithm(key.getPrivateKeyAlgorithm().getAlgorithm());
            return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(key.getEncoded()));
        } catch (IOException | RuntimeException e) { // the ASN.1 reader throws a dozen kinds of them
            throw new GeneralSecurityException("a \"" + block.label() + "\" that cannot be decoded", e);
        }
    }

    private static String algorithm(ASN1ObjectIdentifier oid) throws GeneralSecurityException {
        if (oid.equals(PKCSObjectIdentifiers.rsaEncryption)) {
            return "RSA";
        }
        if (oid.equals(X9ObjectIdentifiers.id_ecPublicKey)) {
            return "EC";
        }
        throw new GeneralSecurityException("a key of the algorithm " + oid);
    }

    private static PrivateKeyInfo wrap(AlgorithmIdentifier algorithm, byte[] key) throws IOException {
        return new PrivateKeyInfo(algorithm, ASN1Primitive.fromByteArray(key));
    }

    private static AlgorithmIdentifier curveOf(byte[] sec1, PublicKey owner) throws GeneralSecurityException {
        var parameters =
                org.bouncycastle.asn1.sec.ECPrivateKey.getInstance(sec1).getParametersObject();
        if (parameters != null) {
            return new AlgorithmIdentifier(X9ObjectIdentifiers.id_ecPublicKey, parameters);
        }
        AlgorithmIdentifier owners =
                SubjectPublicKeyInfo.getInstance(owner.getEncoded()).getAlgorithm();
        if (!owners.getAlgorithm().equals(X9ObjectIdentifiers.id_ecPublicKey)) {
            throw new GeneralSecurityException("an EC key beside the certificate of another kind of key");
        }
        return owners;
    }

    /** Whether what the one signs the other verifies: the only test that holds for every kind and encoding of key. */
    static boolean belongTogether(PrivateKey privateKey, PublicKey publicKey, SecureRandom random) {
        if (!privateKey.getAlgorithm().equals(publicKey.getAlgorithm())) {
            return false;
        }
        try {
            byte[] challenge = new byte[32];
            random.nextBytes(challenge);
            Signature signature = Signature.getInstance(
                    privateKey.getAlgorithm().equals("RSA") ? "SHA256withRSA" : "SHA256withECDSA");
            signature.initSign(privateKey, random);
            signature.update(challenge);
            byte[] signed = signature.sign();
            signature.initVerify(publicKey);
            signature.update(challenge);
            return signature.verify(signed);
        } catch (GeneralSecurityException e) {
            return false;
        }
    }
}
