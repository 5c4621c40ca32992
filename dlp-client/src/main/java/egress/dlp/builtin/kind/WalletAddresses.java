package egress.dlp.builtin.kind;

import egress.dlp.Profile.Likeness;
import egress.dlp.builtin.match.Base58;
import egress.dlp.builtin.match.CharTables;
import egress.dlp.builtin.match.Randomness;
import egress.dlp.builtin.match.WalletAddress;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Addresses of wallets: bech32, Base58Check, and Ethereum's by EIP-55 or by what stands beside them. */
final class WalletAddresses {
    private static final int LONGEST_RUN = 256;
    private static final int ETHEREUM = 42;
    private static final int SHORTEST_BASE58 = 26;
    private static final int LONGEST_BASE58 = 35;
    private static final int SHORTEST_BECH32 = 38;
    private static final int LONGEST_BECH32 = 110;
    /** The least different characters of an address that was drawn. */
    private static final int DRAWN = 8;

    /** What addresses in bech32 begin with. */
    private static final Set<String> NETWORKS = Set.of(
            "bc",
            "tb",
            "bcrt",
            "ltc",
            "tltc",
            "addr",
            "stake",
            "cosmos",
            "osmo",
            "juno",
            "terra",
            "inj",
            "celestia",
            "thor",
            "bnb",
            "zil",
            "one",
            "dgb",
            "vtc",
            "btg",
            "grs",
            "mona",
            "kava",
            "sei",
            "ckb",
            "erd",
            "secret");

    private static final List<String> CONTEXT = List.of(
            "address",
            "wallet",
            "ethereum",
            "eth",
            "recipient",
            "sender",
            "beneficiary",
            "owner",
            "payee",
            "account",
            "deposit",
            "withdraw");

    private final Hits hits;
    private final byte[] b;

    WalletAddresses(Hits hits) {
        this.hits = hits;
        this.b = hits.s().b();
    }

    /** Looks at the words of a run. */
    void run(int begin, int end) {
        int start = begin + CharTables.escapeTail(b, begin, end);
        if (end - start < SHORTEST_BASE58 || end - start > LONGEST_RUN) {
            return;
        }
        int from = start;
        for (int i = start; i <= end; i++) {
            if (i == end || !CharTables.isWord(b[i])) {
                word(from, i);
                from = i + 1;
            }
        }
    }

    private void word(int start, int end) {
        int n = end - start;
        if (n == ETHEREUM && b[start] == '0' && (b[start + 1] | 32) == 'x') {
            ethereum(start, end);
        } else if (n >= SHORTEST_BASE58 && n <= LONGEST_BASE58) {
            byte[] payload = Base58.checked(b, start, end);
            if (payload != null && (payload.length == 21 || payload.length == 22)) {
                add("base58_address", start, end);
            }
        } else if (n >= SHORTEST_BECH32 && n <= LONGEST_BECH32) {
            bech32(start, end);
        }
    }

    private void bech32(int start, int end) {
        String text = Texts.latin(b, start, end);
        String lower = text.toLowerCase(Locale.ROOT);
        boolean oneCase = text.equals(lower) || text.equals(text.toUpperCase(Locale.ROOT));
        int separator = lower.lastIndexOf('1');
        if (oneCase
                && separator > 0
                && NETWORKS.contains(lower.substring(0, separator))
                && WalletAddress.bech32(lower, separator)) {
            add("bech32_address", start, end);
        }
    }

    private void ethereum(int start, int end) {
        String hex = Texts.latin(b, start + 2, end);
        if (!CharTables.isHexOnly(b, start + 2, end)) {
            return;
        }
        boolean oneCase = hex.equals(hex.toLowerCase(Locale.ROOT)) || hex.equals(hex.toUpperCase(Locale.ROOT));
        if (oneCase ? Texts.isNear(hits.s(), start, end, CONTEXT) : WalletAddress.eip55(hex)) {
            add("ethereum_address", start, end);
        }
    }

    private void add(String name, int start, int end) {
        boolean drawn = Randomness.distinct(b, start, end) >= DRAWN;
        hits.add(name, drawn ? Likeness.REAL : Likeness.MADE_UP, start, end, Arrays.copyOfRange(b, start, end));
    }
}
