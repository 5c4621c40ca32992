package egress.dlp.builtin;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * What the labels of a host that the caller may choose make when put side by side: one after the other or the last first, as they are,
 * without the marks in them, and without a number at the front of each, which orders the parts of something long.
 */
final class OpenLabels {
    private static final String BASE32 = "abcdefghijklmnopqrstuvwxyz234567";

    /** The longest number with its mark. */
    private static final int NUMBER = 5;

    private OpenLabels() {}

    /** @param open how many of the host's labels, from its front */
    static Set<String> texts(String host, int open) {
        String[] all = host.split("\\.", -1);
        List<String> labels = List.of(all).subList(0, Math.min(open, all.length));
        Set<String> texts = new LinkedHashSet<>();
        for (List<String> order : List.of(labels, labels.reversed())) {
            texts.add(joined(order, UnaryOperator.identity()));
            texts.add(joined(order, OpenLabels::withoutMarks));
            texts.add(joined(order, OpenLabels::withoutNumber));
            texts.add(joined(order, label -> withoutMarks(withoutNumber(label))));
            texts.add(joined(order, OpenLabels::withoutDigits));
            String plain = joined(order, OpenLabels::withoutMarks).toLowerCase(Locale.ROOT);
            if (plain.chars().allMatch(c -> Character.digit(c, 32) >= 0)) {
                texts.add(fromExtendedHex(plain));
            }
        }
        texts.addAll(texts.stream().map(text -> text.toLowerCase(Locale.ROOT)).toList());
        return texts;
    }

    private static String joined(List<String> labels, UnaryOperator<String> read) {
        List<String> parts = new ArrayList<>(labels.size());
        labels.forEach(label -> parts.add(read.apply(label)));
        return String.join("", parts);
    }

    private static String withoutMarks(String label) {
        return label.replace("-", "").replace("_", "");
    }

    /** {@code 12-abc} and {@code p3_abc} are {@code abc}. */
    private static String withoutNumber(String label) {
        for (int i = 1; i < Math.min(NUMBER, label.length()); i++) {
            if (label.charAt(i) == '-' || label.charAt(i) == '_') {
                return label.substring(i + 1);
            }
        }
        return label;
    }

    /** {@code 7abc} is {@code abc}. */
    private static String withoutDigits(String label) {
        int from = 0;
        while (from < Math.min(2, label.length()) && Character.isDigit(label.charAt(from))) {
            from++;
        }
        return label.substring(from);
    }

    /** The other alphabet of base32 (RFC 4648 §7), in the letters of the usual one. */
    private static String fromExtendedHex(String text) {
        StringBuilder out = new StringBuilder(text.length());
        text.chars().forEach(c -> out.append(BASE32.charAt(Character.digit(c, 32))));
        return out.toString();
    }
}
