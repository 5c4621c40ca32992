package egress.http;

import org.jspecify.annotations.Nullable;

/** IP addresses as text: one spelling each, the odd ones refused. */
final class IpLiterals {
    private static final int GROUPS = 8;

    private IpLiterals() {}

    /**
     * Whether a resolver may take the name for an IPv4 address: its last label is a decimal or {@code 0x} number
     * ("ends in a number", WHATWG URL §3.5).
     */
    static boolean endsInNumber(String host) {
        int start = host.lastIndexOf('.') + 1;
        if (start == host.length() || !isDigit(host.charAt(start))) {
            return false;
        }
        if (host.charAt(start) == '0' && start + 1 < host.length() && (host.charAt(start + 1) | 0x20) == 'x') {
            return all(host, start + 2, true);
        }
        return all(host, start, false);
    }

    /** Whether it is four decimal numbers of 0-255 without leading zeros. */
    static boolean isCanonicalV4(String host) {
        int labels = 0;
        int start = 0;
        while (start <= host.length()) {
            int dot = host.indexOf('.', start);
            int end = dot < 0 ? host.length() : dot;
            if (octet(host, start, end) < 0) {
                return false;
            }
            labels++;
            start = end + 1;
        }
        return labels == 4;
    }

    /** The canonical spelling (RFC 5952) of an IPv6 address without brackets, or null when it is none. */
    static @Nullable String canonicalV6(String text) {
        int[] groups = parseV6(text);
        return groups == null ? null : print(groups);
    }

    private static int @Nullable [] parseV6(String text) {
        int gap = text.indexOf("::");
        if (gap < 0) {
            int[] groups = new int[GROUPS];
            return parseGroups(text, groups, true) == GROUPS ? groups : null;
        }
        if (text.indexOf("::", gap + 1) >= 0) {
            return null;
        }
        int[] left = new int[GROUPS];
        int[] right = new int[GROUPS];
        int before = gap == 0 ? 0 : parseGroups(text.substring(0, gap), left, false);
        int after = gap + 2 == text.length() ? 0 : parseGroups(text.substring(gap + 2), right, true);
        // The gap stands for at least one group of zeros.
        if (before < 0 || after < 0 || before + after >= GROUPS) {
            return null;
        }
        System.arraycopy(right, 0, left, GROUPS - after, after);
        return left;
    }

    /** The number of groups, or -1. */
    private static int parseGroups(String text, int[] groups, boolean v4Tail) {
        String[] parts = text.split(":", -1);
        int count = 0;
        for (int i = 0; i < parts.length; i++) {
            String part = parts[i];
            if (v4Tail && i == parts.length - 1 && part.indexOf('.') >= 0) {
                if (count > GROUPS - 2 || !isCanonicalV4(part)) {
                    return -1;
                }
                String[] octets = part.split("\\.", -1);
                groups[count++] = Integer.parseInt(octets[0]) << 8 | Integer.parseInt(octets[1]);
                groups[count++] = Integer.parseInt(octets[2]) << 8 | Integer.parseInt(octets[3]);
            } else {
                if (count == GROUPS || part.isEmpty() || part.length() > 4 || !all(part, 0, true)) {
                    return -1;
                }
                groups[count++] = Integer.parseInt(part, 16);
            }
        }
        return count;
    }

    private static String print(int[] groups) {
        StringBuilder text = new StringBuilder(39);
        if (isV4Mapped(groups)) {
            return text.append("::ffff:")
                    .append(groups[6] >> 8)
                    .append('.')
                    .append(groups[6] & 0xff)
                    .append('.')
                    .append(groups[7] >> 8)
                    .append('.')
                    .append(groups[7] & 0xff)
                    .toString();
        }
        int gap = -1;
        int gapLength = 1;
        for (int i = 0; i < GROUPS; i++) {
            int length = zeros(groups, i);
            if (length > gapLength) {
                gap = i;
                gapLength = length;
            }
            i += Math.max(0, length - 1);
        }
        for (int i = 0; i < GROUPS; i++) {
            if (i == gap) {
                text.append("::");
                i += gapLength - 1;
            } else {
                if (i > 0 && text.charAt(text.length() - 1) != ':') {
                    text.append(':');
                }
                text.append(Integer.toHexString(groups[i]));
            }
        }
        return text.toString();
    }

    /** {@code ::ffff:0:0/96}, which RFC 5952 §5 prints with a dotted quad. */
    private static boolean isV4Mapped(int[] groups) {
        return zeros(groups, 0) == 5 && groups[5] == 0xffff;
    }

    private static int zeros(int[] groups, int from) {
        int length = 0;
        while (from + length < GROUPS && groups[from + length] == 0) {
            length++;
        }
        return length;
    }

    private static int octet(String text, int start, int end) {
        int length = end - start;
        if (length < 1 || length > 3 || (length > 1 && text.charAt(start) == '0')) {
            return -1;
        }
        int value = 0;
        for (int i = start; i < end; i++) {
            if (!isDigit(text.charAt(i))) {
                return -1;
            }
            value = value * 10 + text.charAt(i) - '0';
        }
        return value > 255 ? -1 : value;
    }

    private static boolean all(String text, int from, boolean hex) {
        for (int i = from; i < text.length(); i++) {
            char c = text.charAt(i);
            if (!isDigit(c) && !(hex && (c | 0x20) >= 'a' && (c | 0x20) <= 'f')) {
                return false;
            }
        }
        return true;
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }
}
