package egress.dlp.builtin.strength;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How many bits of each byte of a private key are unguessable. Its frame and what the public key holds too count nothing. Reads DER
 * (RFC 5958, RFC 8017, RFC 5915) and OpenSSH's own format.
 */
final class KeyBits {
    private static final double BYTE = 8;
    private static final int INTEGER = 2;
    private static final int BIT_STRING = 3;
    private static final int OCTET_STRING = 4;
    private static final int CONSTRUCTED = 0x20;
    private static final int RSA_INTEGERS = 9;
    private static final int FIRST_SECRET_OF_RSA = 3;
    private static final int DSA_INTEGERS = 6;
    private static final int SECRET_OF_DSA = 5;
    private static final int SEED = 32;
    private static final byte[] OPENSSH = "openssh-key-v1\0".getBytes(StandardCharsets.ISO_8859_1);

    private final byte[] b;
    private final double[] bits;

    private KeyBits(byte[] b) {
        this.b = b;
        this.bits = new double[b.length];
    }

    /** The bits of each byte. Of an unknown format, which may hold public parts anywhere, only the second half counts. */
    static double[] of(byte[] key) {
        KeyBits read = new KeyBits(key);
        try {
            if (key.length > OPENSSH.length && Arrays.equals(key, 0, OPENSSH.length, OPENSSH, 0, OPENSSH.length)) {
                read.openssh();
                return read.bits;
            }
            if (read.der(0, key.length)) {
                return read.bits;
            }
        } catch (RuntimeException e) {
            Arrays.fill(read.bits, 0);
        }
        Arrays.fill(read.bits, 0, key.length / 2, 0);
        Arrays.fill(read.bits, key.length / 2, key.length, BYTE);
        return read.bits;
    }

    private record Element(int tag, int from, int to) {}

    /** @return whether the range is elements to its end */
    private boolean der(int from, int to) {
        List<Element> elements = new ArrayList<>();
        int at = from;
        while (at < to) {
            Element element = element(at, to);
            if (element == null) {
                return false;
            }
            elements.add(element);
            at = element.to;
        }
        long integers = elements.stream().filter(e -> e.tag == INTEGER).count();
        int index = 0;
        for (Element each : elements) {
            if ((each.tag & CONSTRUCTED) != 0) {
                der(each.from, each.to);
            } else if (each.tag == OCTET_STRING) {
                boolean nested = each.to - each.from > 2 && isNested(each) && der(each.from, each.to);
                Arrays.fill(bits, each.from, each.to, 0);
                if (nested) {
                    der(each.from, each.to);
                } else {
                    Arrays.fill(bits, each.from, each.to, BYTE);
                }
            } else if (each.tag == INTEGER) {
                boolean rsa = integers == RSA_INTEGERS && index >= FIRST_SECRET_OF_RSA;
                boolean dsa = integers == DSA_INTEGERS && index == SECRET_OF_DSA;
                Arrays.fill(bits, each.from, each.to, rsa || dsa ? BYTE : 0);
                index++;
            } else if (each.tag == BIT_STRING) {
                Arrays.fill(bits, each.from, each.to, 0);
            }
        }
        return true;
    }

    private boolean isNested(Element each) {
        boolean kind = b[each.from] == 0x30 || b[each.from] == OCTET_STRING;
        Element only = kind ? element(each.from, each.to) : null;
        return only != null && only.to == each.to;
    }

    private @Nullable Element element(int at, int to) {
        if (at + 2 > to) {
            return null;
        }
        int length = b[at + 1] & 0xff;
        int from = at + 2;
        if (length >= 0x80) {
            int count = length & 0x7f;
            if (count == 0 || count > 3 || from + count > to) {
                return null;
            }
            length = 0;
            for (int i = 0; i < count; i++) {
                length = length << 8 | (b[from++] & 0xff);
            }
        }
        return from + length > to ? null : new Element(b[at] & 0xff, from, from + length);
    }

    private void openssh() {
        ByteBuffer in = ByteBuffer.wrap(b);
        in.position(OPENSSH.length);
        String cipher = new String(string(in), StandardCharsets.ISO_8859_1);
        string(in);
        string(in);
        in.getInt();
        byte[] publicKey = string(in);
        in.getInt();
        if (!cipher.equals("none")) {
            Arrays.fill(bits, in.position(), b.length, BYTE);
            return;
        }
        in.getLong(); // the same random number twice
        String known = new String(publicKey, StandardCharsets.ISO_8859_1);
        while (in.remaining() > 4) {
            byte[] part = string(in);
            int from = in.position() - part.length;
            boolean seed = part.length == 2 * SEED;
            boolean isPublic = known.contains(new String(part, StandardCharsets.ISO_8859_1)) || isText(part);
            if (!isPublic) {
                Arrays.fill(bits, from, seed ? from + SEED : in.position(), BYTE);
            }
        }
    }

    private static byte[] string(ByteBuffer in) {
        int length = in.getInt();
        if (length < 0 || length > in.remaining()) {
            throw new IllegalArgumentException("length: " + length + " (expected: at most " + in.remaining() + ")");
        }
        byte[] out = new byte[length];
        in.get(out);
        return out;
    }

    private static boolean isText(byte[] part) {
        for (byte c : part) {
            if (c < ' ') {
                return false;
            }
        }
        return true;
    }
}
