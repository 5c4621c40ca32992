package egress.dlp.builtin.kind;

import static org.assertj.core.api.Assertions.assertThat;

import egress.dlp.Detector;
import egress.dlp.Profile;
import egress.dlp.ScanOptions;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Addresses of wallets, and what only looks like them. */
final class WalletAddressesTest {
    private static final Detector GROUP = Detector.WALLET_ADDRESSES;

    private final Asked asked = new Asked();
    private final Drawn drawn = new Drawn(new Random(20_261_130L));

    @ParameterizedTest
    @CsvSource({
        "bech32_address, bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", // BIP-173
        "bech32_address, BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4",
        "bech32_address, bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0", // BIP-350
        "base58_address, 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
        "ethereum_address, 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", // EIP-55
        "ethereum_address, 0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    })
    void addressesAreFoundWhereARouteListsThem(String name, String address) {
        for (String body :
                List.of(address, "pay to " + address + ".", "{\"to\":\"" + address + "\"}", "/tx/" + address + "/1")) {
            assertThat(asked.names(GROUP, body)).as(body).containsExactly(name);
            assertThat(asked.outcome(body, ScanOptions.defaults())).as(body).isEqualTo("passes");
            assertThat(asked.outcome(body, ScanOptions.defaults().withProfile(Profile.STRICT)))
                    .as(body)
                    .isEqualTo("blocks");
        }
        char last = address.charAt(address.length() - 1);
        String wrong = address.substring(0, address.length() - 1) + (last == '4' ? '5' : '4');
        assertThat(asked.names(GROUP, "it is " + wrong)).as(wrong).isEmpty();
    }

    @Test
    void drawnAddressesAreFoundAndOtherTextsOfTheirLengthPass() {
        String alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
        for (int i = 0; i < 50; i++) {
            for (int version : new int[] {0, 5, 0x30, 0x1e, 0x41, 0x6f}) {
                String address = drawn.base58(new byte[] {(byte) version}, 20);
                assertThat(asked.names(GROUP, "to " + address)).as(address).containsExactly("base58_address");
            }
            String lower = "0x" + drawn.hex(40);
            assertThat(asked.names(GROUP, "wallet " + lower)).containsExactly("ethereum_address");
            for (String body : List.of(
                    "commit " + drawn.hex(40),
                    lower,
                    "1" + drawn.of(alphabet, 33),
                    "bc1q" + drawn.of("acdefghjklmn", 38))) {
                assertThat(asked.names(GROUP, body)).as(body).isEmpty();
            }
        }
    }
}
