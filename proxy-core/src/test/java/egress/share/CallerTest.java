package egress.share;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CallerTest {
    @ParameterizedTest
    @CsvSource({
        "127.0.0.1, 127.9.8.7, true",
        "127.0.0.1, ::1, true",
        "::ffff:192.0.2.1, 192.0.2.1, true",
        "192.0.2.1, 192.0.2.2, false",
        "2001:db8:0:1::1, 2001:db8:0:1:ffff::2, true",
        "2001:db8:0:1::1, 2001:db8:0:2::1, false",
    })
    void addressesOfOneMachineAreOneCaller(String one, String other, boolean same) throws UnknownHostException {
        assertThat(caller(one).equals(caller(other))).isEqualTo(same);
    }

    @ParameterizedTest
    @CsvSource({"addr:loopback, 127.0.0.1", "192.0.2.1, 192.0.2.1"})
    void aUserIsNeverAnAddress(String name, String address) throws UnknownHostException {
        assertThat(Caller.ofUser(name)).isNotEqualTo(caller(address));
    }

    private static Caller caller(String address) throws UnknownHostException {
        return Caller.ofAddress(new InetSocketAddress(InetAddress.getByName(address), 1));
    }
}
