package egress.ca;

import java.io.ByteArrayInputStream;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import org.bouncycastle.asn1.DERGeneralizedTime;
import org.bouncycastle.asn1.DERUTCTime;
import org.bouncycastle.asn1.x509.SubjectKeyIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x509.Time;

/** The parts of a certificate. */
final class Certificates {
    private Certificates() {}

    static X509Certificate parse(byte[] der) throws CertificateException {
        return (X509Certificate)
                CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
    }

    /** The SHA-1 of the key's bits (RFC 5280 section 4.2.1.2, method 1). */
    static SubjectKeyIdentifier keyIdentifier(SubjectPublicKeyInfo key) {
        try {
            return new SubjectKeyIdentifier(MessageDigest.getInstance("SHA-1")
                    .digest(key.getPublicKeyData().getOctets()));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has SHA-1", e);
        }
    }

    /**
     * A validity's end in whole seconds: UTCTime through the year 2049, GeneralizedTime from 2050 on (RFC 5280 section 4.1.2.5).
     * BouncyCastle's own way from a date loads the formats of the machine's language first, and does so once more at each call.
     */
    static Time time(Instant at) {
        ZonedDateTime utc = at.atZone(ZoneOffset.UTC);
        String rest = digits(utc.getMonthValue())
                + digits(utc.getDayOfMonth())
                + digits(utc.getHour())
                + digits(utc.getMinute())
                + digits(utc.getSecond())
                + 'Z';
        int year = utc.getYear();
        String century = digits(year / 100);
        String ofCentury = digits(year % 100);
        return year >= 1950 && year < 2050
                ? new Time(new DERUTCTime(ofCentury + rest))
                : new Time(new DERGeneralizedTime(century + ofCentury + rest));
    }

    private static String digits(int number) {
        return number < 10 ? "0" + number : Integer.toString(number);
    }
}
