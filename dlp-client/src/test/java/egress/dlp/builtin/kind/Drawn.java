package egress.dlp.builtin.kind;

import egress.dlp.builtin.match.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.random.RandomGenerator;

/** Draws values of each kind with right check digits, so that none lies in the repository. */
final class Drawn {
    private static final String BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

    private final RandomGenerator random;

    Drawn(RandomGenerator random) {
        this.random = random;
    }

    byte[] bytes(int n) {
        byte[] out = new byte[n];
        random.nextBytes(out);
        return out;
    }

    String digits(int n) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < n; i++) {
            out.append((char) ('0' + random.nextInt(10)));
        }
        return out.toString();
    }

    String of(String alphabet, int n) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < n; i++) {
            out.append(alphabet.charAt(random.nextInt(alphabet.length())));
        }
        return out.toString();
    }

    String hex(int n) {
        return of("0123456789abcdef", n);
    }

    /** Base58Check of a head, so many drawn bytes, and a tail. */
    String base58(byte[] head, int drawn, byte... tail) {
        byte[] all = new byte[head.length + drawn + tail.length];
        System.arraycopy(head, 0, all, 0, head.length);
        System.arraycopy(bytes(drawn), 0, all, head.length, drawn);
        System.arraycopy(tail, 0, all, head.length + drawn, tail.length);
        byte[] once = Sha256.of(all, all.length);
        byte[] check = Sha256.of(once, once.length);
        byte[] checked = Arrays.copyOf(all, all.length + 4);
        System.arraycopy(check, 0, checked, all.length, 4);
        StringBuilder out = new StringBuilder();
        BigInteger rest = new BigInteger(1, checked);
        BigInteger base = BigInteger.valueOf(58);
        while (rest.signum() > 0) {
            out.append(BASE58.charAt(rest.mod(base).intValue()));
            rest = rest.divide(base);
        }
        for (int i = 0; i < checked.length && checked[i] == 0; i++) {
            out.append('1');
        }
        return out.reverse().toString();
    }

    static List<List<String>> wordLists() throws IOException {
        try (InputStream in = Objects.requireNonNull(Drawn.class.getResourceAsStream("/egress/dlp/bip39.txt"))) {
            String all = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            return all.lines().map(line -> List.of(line.split(" ", -1))).toList();
        }
    }

    /** A phrase of that many words with its check value. */
    List<String> phrase(List<String> list, int words) {
        byte[] entropy = bytes(words / 3 * 4);
        int check = Sha256.of(entropy, entropy.length)[0] & 0xff;
        List<String> out = new ArrayList<>();
        BigInteger bits =
                new BigInteger(1, entropy).shiftLeft(words / 3).or(BigInteger.valueOf(check >> 8 - words / 3));
        for (int i = words - 1; i >= 0; i--) {
            out.add(list.get(bits.shiftRight(11 * i).intValue() & 2047));
        }
        return out;
    }

    /** So many digits from that beginning on, the last by Luhn. */
    String luhn(String beginning, int n) {
        String text = beginning + digits(n - 1 - beginning.length());
        for (int last = 0; last < 10; last++) {
            int sum = 0;
            String all = text + last;
            for (int i = 0; i < n; i++) {
                int d = all.charAt(n - 1 - i) - '0';
                sum += i % 2 == 0 ? d : d * 2 / 10 + d * 2 % 10;
            }
            if (sum % 10 == 0) {
                return all;
            }
        }
        throw new AssertionError(beginning);
    }

    /** An account of a country by a form of n, a and c. */
    String iban(String country, String form) {
        StringBuilder account = new StringBuilder();
        int count = 0;
        for (int i = 0; i < form.length(); i++) {
            char c = form.charAt(i);
            if (Character.isDigit(c)) {
                count = count * 10 + c - '0';
            } else {
                String alphabet = c == 'n' ? "0123456789" : "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
                account.append(of(c == 'c' ? alphabet + "0123456789" : alphabet, count));
                count = 0;
            }
        }
        StringBuilder number = new StringBuilder();
        (account + country + "00").chars().forEach(c -> number.append(Character.digit(c, Character.MAX_RADIX)));
        int rest = new BigInteger(number.toString()).mod(BigInteger.valueOf(97)).intValue();
        return "%s%02d%s".formatted(country, 98 - rest, account);
    }
}
