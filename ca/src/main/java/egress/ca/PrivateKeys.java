package egress.ca;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.HexFormat;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;

/** The encodings that private keys have in PEM files. */
final class PrivateKeys {
    /** INTEGER 0, the version; AlgorithmIdentifier rsaEncryption with NULL parameters. */
    private static final byte[] RSA_PREFIX = HexFormat.of().parseHex("020100300d06092a864886f70d0101010500");

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
            byte[] pkcs8 = switch (block.label()) {
                case "PRIVATE KEY" -> block.content();
                case "RSA PRIVATE KEY" -> wrapPkcs1(block.content());
                case "EC PRIVATE KEY" ->
                    new PrivateKeyInfo(curveOf(block.content(), owner), ASN1Primitive.fromByteArray(block.content()))
                            .getEncoded();
                default -> throw new GeneralSecurityException("a key of the kind \"" + block.label() + "\"");
            };
            return decodePkcs8(pkcs8);
        } catch (IOException | InvalidKeySpecException | RuntimeException e) { // the ASN.1 reader throws a dozen kinds
            throw new GeneralSecurityException("a \"" + block.label() + "\" that cannot be decoded", e);
        }
    }

    private static PrivateKey decodePkcs8(byte[] pkcs8) throws NoSuchAlgorithmException, InvalidKeySpecException {
        PKCS8EncodedKeySpec encoded = new PKCS8EncodedKeySpec(pkcs8);
        try {
            return KeyFactory.getInstance("EC").generatePrivate(encoded);
        } catch (InvalidKeySpecException e) {
            return KeyFactory.getInstance("RSA").generatePrivate(encoded);
        }
    }

    /**
     * The PKCS#8 form, by hand: the image's key is in this form, and BouncyCastle's ASN.1 would cost the start 15 ms, which is better spent in
     * the background.
     */
    private static byte[] wrapPkcs1(byte[] pkcs1) {
        byte[] key = tagged(0x04, pkcs1); // OCTET STRING
        byte[] content = new byte[RSA_PREFIX.length + key.length];
        System.arraycopy(RSA_PREFIX, 0, content, 0, RSA_PREFIX.length);
        System.arraycopy(key, 0, content, RSA_PREFIX.length, key.length);
        return tagged(0x30, content); // SEQUENCE
    }

    /** DER's tag and length (X.690 section 8.1.3), and the content. */
    private static byte[] tagged(int tag, byte[] content) {
        byte[] length = BigInteger.valueOf(content.length).toByteArray();
        if (length[0] == 0 && length.length > 1) {
            length = Arrays.copyOfRange(length, 1, length.length);
        }
        ByteBuffer out = ByteBuffer.allocate(2 + length.length + content.length).put((byte) tag);
        if (content.length >= 0x80) {
            out.put((byte) (0x80 | length.length));
        }
        out.put(length).put(content);
        return Arrays.copyOf(out.array(), out.position());
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
