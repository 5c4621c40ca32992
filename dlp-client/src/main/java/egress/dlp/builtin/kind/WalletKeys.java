package egress.dlp.builtin.kind;

import egress.dlp.Profile.Likeness;
import egress.dlp.builtin.match.Base58;
import egress.dlp.builtin.match.CharTables;
import egress.dlp.builtin.match.Randomness;
import egress.dlp.builtin.match.Swar;
import java.util.Arrays;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Private keys whose text has a check value: Bitcoin's WIF and that of its kin, BIP-38, Stellar's seeds. */
final class WalletKeys {
    private static final int WIF = 51;
    private static final int COMPRESSED_WIF = 52;
    private static final int STELLAR = 56;
    private static final int BIP38 = 58;
    /** In a longer run chance may put marks anywhere. */
    private static final int LONGEST_RUN = 256;
    /** The least different bytes of a key that was drawn. */
    private static final int DRAWN = 16;

    /** What documentation shows. */
    private static final Set<String> DOCUMENTED = Set.of(
            "5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ",
            "KwdMAjGmerYanjeui5SHS7JkmpZvVipYvB2LJGU1ZxJwYvP98617",
            "5Kb8kLf9zgWQnogidDA76MzPL6TsZZY36hWXMssSzNydYXYB9KF",
            "KwDiBf89QgGbjEhKnhXJuH7LrciVrZi3qYjgd9M7rFU73sVHnoWn",
            "5HpHagT65TZzG1PH3CSu63k8DbpvD8s5ip4nEB3kEsreAnchuDf",
            "6PRVWUbkzzsbcVac2qwfssoUJAN1Xhrg6bNk8J7Nzm5H7kxEbn2Nh2ZoGg");

    private final Hits hits;
    private final byte[] b;

    WalletKeys(Hits hits) {
        this.hits = hits;
        this.b = hits.s().b();
    }

    /** Looks at the words of a run. */
    void run(int begin, int end) {
        int start = begin + CharTables.escapeTail(b, begin, end);
        if (end - start < WIF || end - start > LONGEST_RUN) {
            return;
        }
        int from = start;
        while (end - from >= WIF) {
            int to = Swar.mark(b, from, end);
            word(from, to);
            from = to + 1;
        }
    }

    private void word(int start, int end) {
        switch (end - start) {
            case WIF, COMPRESSED_WIF -> wif(start, end);
            case BIP38 -> bip38(start, end);
            case STELLAR -> stellar(start, end);
            default -> {}
        }
    }

    // The version, 32 bytes, and a 1 where the public key is compressed.
    private void wif(int start, int end) {
        byte[] key = Base58.checked(b, start, end);
        if (key != null && key[0] < 0 && (key.length == 33 || key.length == 34 && key[33] == 1)) {
            add("wif_private_key", start, end, key);
        }
    }

    private void bip38(int start, int end) {
        if (b[start] == '6' && b[start + 1] == 'P') {
            byte[] key = Base58.checked(b, start, end);
            if (key != null && key.length == 39 && key[0] == 1 && (key[1] == 0x42 || key[1] == 0x43)) {
                add("bip38_private_key", start, end, key);
            }
        }
    }

    // SEP-23: base32 of a version byte, 32 bytes, and CRC-16/XModem of both, the low byte first.
    private void stellar(int start, int end) {
        byte[] all = b[start] == 'S' ? base32(start, end) : null;
        if (all == null || all[0] != (byte) (18 << 3)) {
            return;
        }
        int crc = 0;
        for (int i = 0; i < 33; i++) {
            crc ^= (all[i] & 0xff) << 8;
            for (int k = 0; k < 8; k++) {
                crc = (crc & 0x8000) != 0 ? crc << 1 ^ 0x1021 : crc << 1;
            }
        }
        if ((byte) crc == all[33] && (byte) (crc >> 8) == all[34]) {
            add("stellar_secret_seed", start, end, all);
        }
    }

    private byte @Nullable [] base32(int start, int end) {
        byte[] out = new byte[(end - start) * 5 / 8];
        int n = 0;
        int bits = 0;
        int v = 0;
        for (int i = start; i < end; i++) {
            int digit = b[i] >= 'a' ? -1 : CharTables.base32(b[i]);
            if (digit < 0) {
                return null;
            }
            v = v << 5 | digit;
            bits += 5;
            if (bits >= 8) {
                bits -= 8;
                out[n++] = (byte) (v >> bits);
            }
        }
        return out;
    }

    private void add(String name, int start, int end, byte[] key) {
        byte[] text = Arrays.copyOfRange(b, start, end);
        boolean documented = DOCUMENTED.contains(Texts.latin(b, start, end));
        boolean drawn = Randomness.distinct(key, 1, 33) >= DRAWN;
        Likeness likeness = documented ? Likeness.EXAMPLE : drawn ? Likeness.REAL : Likeness.MADE_UP;
        hits.add(name, likeness, start, end, text);
    }
}
