package egress.upstream.tls;

import static org.assertj.core.api.Assertions.assertThat;

import egress.upstream.TestCa;
import java.security.cert.CertificateParsingException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CertificateNamesTest {
    private static final TestCa CA = new TestCa("names");

    private static CertificateNames names(String... names) throws CertificateParsingException {
        return CertificateNames.of(CA.issue(names).leaf());
    }

    @ParameterizedTest
    @CsvSource({
        "api.example, api.example, true",
        "API.Example, api.example, true",
        "api.example, evilapi.example, false",
        "api.example, api.example.evil.example, false",
        "*.api.example, a.api.example, true",
        "*.api.example, api.example, false",
        "*.api.example, a.b.api.example, false",
        "*.example, api.example, false",
        "a*.api.example, ab.api.example, false",
        "*a.api.example, ba.api.example, false",
        "a.*.example, a.b.example, false",
        "*, example, false",
        "*.*.example, a.b.example, false",
        "192.0.2.1, 192.0.2.1, true",
        "192.0.2.1, 192.0.2.2, false",
        "2001:db8::1, 2001:db8::1, true",
        "2001:db8::1, 2001:db8::2, false"
    })
    void aNameStandsForTheHostsOfRfc9525(String name, String host, boolean included)
            throws CertificateParsingException {
        assertThat(names(name).include(host)).isEqualTo(included);
    }

    @Test
    void theCommonNameSpeaksForNobody() throws CertificateParsingException {
        assertThat(names().include("leaf")).isFalse();
    }

    @Test
    void anAddressNeedsAnAddressNotADnsNameThatLooksLikeOne() throws CertificateParsingException {
        assertThat(names("x.example", "10.0.0.1").include("10.0.0.1")).isTrue();
        assertThat(names("x.example").include("10.0.0.1")).isFalse();
    }

    @Test
    void theWordsListAFewNames() throws CertificateParsingException {
        assertThat(names("a.example", "b.example").words()).isEqualTo("\"a.example, b.example\"");
        assertThat(names("a.e", "b.e", "c.e", "d.e", "e.e", "f.e", "g.e").words())
                .isEqualTo("\"a.e, b.e, c.e, d.e, e.e\" and 2 more");
        assertThat(names().words()).isEqualTo("no name at all");
    }
}
