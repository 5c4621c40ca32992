package egress.ca;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.SecureRandom;
import java.security.Signature;
import java.time.Instant;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x509.Time;
import org.bouncycastle.cert.bc.BcX509ExtensionUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CertificatesTest {
    @ParameterizedTest
    @CsvSource({
        "1949-12-31T23:59:59Z, 24, 19491231235959Z",
        "1950-01-01T00:00:00Z, 23, 500101000000Z",
        "1999-12-31T23:59:59Z, 23, 991231235959Z",
        "2005-02-03T04:05:06Z, 23, 050203040506Z",
        "2049-12-31T23:59:59Z, 23, 491231235959Z",
        "2050-01-01T00:00:00Z, 24, 20500101000000Z",
        "9999-12-31T23:59:59Z, 24, 99991231235959Z"
    })
    void writesUtcTimeThrough2049AndGeneralizedTimeFrom2050(Instant at, int tag, String digits) throws Exception {
        byte[] der = Certificates.time(at).getEncoded("DER");
        assertThat((int) der[0]).isEqualTo(tag);
        assertThat(new String(der, 2, der.length - 2, StandardCharsets.US_ASCII))
                .isEqualTo(digits);
        assertThat(Time.getInstance(ASN1Primitive.fromByteArray(der)).getDate().toInstant())
                .isEqualTo(at);
    }

    @Test
    void namesAKeyByTheSha1OfItsBits() throws Exception {
        SubjectPublicKeyInfo key = SubjectPublicKeyInfo.getInstance(
                Issuer.newP256(new SecureRandom()).getPublic().getEncoded());
        assertThat(Certificates.keyIdentifier(key))
                .isEqualTo(new BcX509ExtensionUtils().createSubjectKeyIdentifier(key));
    }

    @Test
    void makesKeysOfWhichOneSignsWhatTheOtherVerifies() throws GeneralSecurityException, IOException {
        KeyPair keys = Issuer.newP256(new SecureRandom());
        byte[] text = {1, 2, 3};
        Signature signature = Signature.getInstance("SHA256withECDSA");
        signature.initSign(keys.getPrivate());
        signature.update(text);
        byte[] made = signature.sign();
        signature.initVerify(keys.getPublic());
        signature.update(text);
        assertThat(signature.verify(made)).isTrue();
    }
}
