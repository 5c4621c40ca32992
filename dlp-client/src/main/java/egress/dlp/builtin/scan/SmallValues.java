package egress.dlp.builtin.scan;

import egress.dlp.SentValues;
import egress.dlp.SentValues.Carrier;
import egress.dlp.SentValues.Fresh;
import egress.dlp.SentValues.Value;
import egress.dlp.builtin.match.Uuid;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The small values of one scan that its caller did not send before, as far as they could be parts of a secret: no blanks in them, and
 * nothing that cannot be printed.
 */
public final class SmallValues {
    /** Tiny values are taken each time where their carrier has so few: a long list is full of such. */
    private static final int FEW = 16;

    private static final int MOST_HASHES = 4096;

    private final SentValues sent;
    private final SentValues.State began;
    private final Map<Carrier, Row> rows = new EnumMap<>(Carrier.class);

    /** The values of one carrier. */
    private static final class Row {
        final List<Value> first = new ArrayList<>();
        final ArrayDeque<Value> last = new ArrayDeque<>();
        long[] hashes = new long[8];
        int fresh;
        int taken;
        int all;
        /** What numbers the others: the only value of nothing but digits. */
        int number = -1;

        boolean numbered;

        void add(Value value, boolean isNew) {
            if (first.size() < SentValues.KEPT) {
                first.add(value);
            }
            taken++;
            last.addLast(value);
            if (last.size() > SentValues.KEPT) {
                last.removeFirst();
            }
            if (isNew && fresh < MOST_HASHES) {
                hashes = fresh == hashes.length ? Arrays.copyOf(hashes, 2 * fresh) : hashes;
                hashes[fresh++] = value.hash();
            }
        }

        /** A number that stands beside a value is its own, as long as there is one number. */
        void number(byte[] b, int from, int to) {
            number = numbered ? -1 : PartLabel.numberIn(b, from, to);
            numbered = true;
        }

        List<Value> numbered(List<Value> values) {
            return values.stream()
                    .map(value -> number < 0 || value.number() >= 0
                            ? value
                            : new Value(value.bytes(), value.bare(), value.key(), number, value.hash()))
                    .toList();
        }
    }

    public SmallValues(SentValues sent) {
        this.sent = sent;
        this.began = sent.state();
    }

    /** How the memory stood before anything was gathered. */
    public SentValues.State began() {
        return began;
    }

    public SentValues sent() {
        return sent;
    }

    boolean isEmpty(Carrier carrier) {
        Row row = rows.get(carrier);
        return row == null || row.all == 0;
    }

    /**
     * Takes {@code [start, end)} where it is small.
     *
     * @param key of values that belong together
     * @param number which part its name says that it is; -1 where it says nothing
     */
    void add(Carrier carrier, int key, int number, byte[] b, int start, int end) {
        int from = start;
        int to = end;
        while (from < to && isBlank(b[from])) {
            from++;
        }
        while (from < to && isBlank(b[to - 1])) {
            to--;
        }
        if (to - from > 3 * SentValues.LONGEST || from == to) {
            return;
        }
        Row row = rows.computeIfAbsent(carrier, _ -> new Row());
        row.all++;
        if (carrier == Carrier.QUERY || carrier == Carrier.PATH || carrier == Carrier.BODY) {
            byte[] plain = unescaped(b, from, to);
            if (plain != null) {
                take(row, carrier, key, number, plain, 0, plain.length);
                return;
            }
        }
        take(row, carrier, key, number, b, from, to);
    }

    private void take(Row row, Carrier carrier, int key, int number, byte[] b, int from, int to) {
        if (to - from > SentValues.LONGEST || !isPrintable(b, from, to) || to - from == 36 && Uuid.is(b, from, to)) {
            return;
        }
        if (to - from <= PartLabel.MOST_DIGITS && isDigits(b, from, to)) {
            row.number(b, from, to);
        }
        long hash = sent.hash(carrier, b, from, to);
        boolean isNew = !sent.has(hash);
        boolean tiny = to - from <= SentValues.TINY && carrier != Carrier.FIELD && carrier != Carrier.NAME;
        if (!isNew && !tiny) {
            return;
        }
        PartLabel label = PartLabel.at(b, from, to);
        for (int i = label.end(); i < to; i++) {
            if (b[i] == ' ') {
                return;
            }
        }
        int which = label.number() >= 0 ? label.number() : number;
        row.add(new Value(Arrays.copyOfRange(b, from, to), label.end() - from, key, which, hash), isNew);
    }

    private static boolean isBlank(byte c) {
        return c <= ' ' && c >= 0;
    }

    private static boolean isDigits(byte[] b, int from, int to) {
        for (int i = from; i < to; i++) {
            if (b[i] < '0' || b[i] > '9') {
                return false;
            }
        }
        return true;
    }

    private static boolean isPrintable(byte[] b, int from, int to) {
        for (int i = from; i < to; i++) {
            if (b[i] < ' ' || b[i] == 0x7f) {
                return false;
            }
        }
        return true;
    }

    /** Without percent codes, and without the backslashes of JSON; null where there are none. */
    private static byte @Nullable [] unescaped(byte[] b, int from, int to) {
        int escape = from;
        while (escape < to && b[escape] != '%' && b[escape] != '\\') {
            escape++;
        }
        if (escape == to) {
            return null;
        }
        byte[] out = new byte[to - from];
        int n = 0;
        for (int i = from; i < to; i++) {
            int code = b[i] == '%' && i + 2 < to ? code(b[i + 1], b[i + 2]) : -1;
            if (code >= 0) {
                out[n++] = (byte) code;
                i += 2;
            } else if (b[i] != '\\' || i + 1 == to) {
                out[n++] = b[i];
            }
        }
        return Arrays.copyOf(out, n);
    }

    private static int code(byte high, byte low) {
        return Character.digit(high, 16) << 4 | Character.digit(low, 16);
    }

    /** A hash of a name without its digits, which number what the names have in common. */
    public static int stem(byte[] b, int from, int to) {
        int hash = 1;
        for (int i = from; i < to; i++) {
            hash = b[i] >= '0' && b[i] <= '9' ? hash : hash * 31 + b[i];
        }
        return hash;
    }

    /** The number in a name, as parts have them; -1 where there is none. */
    public static int numberIn(byte[] b, int from, int to) {
        return PartLabel.numberIn(b, from, to);
    }

    /** What is to be joined. */
    public List<Fresh> fresh() {
        List<Fresh> out = new ArrayList<>(rows.size());
        rows.forEach((carrier, row) -> {
            if (row.all > FEW) {
                row.first.removeIf(this::isKnown);
                row.last.removeIf(this::isKnown);
            }
            if (!row.first.isEmpty()) {
                List<Value> first = row.numbered(row.first);
                List<Value> last = row.taken <= SentValues.KEPT ? first : row.numbered(List.copyOf(row.last));
                out.add(new Fresh(carrier, first, last, Arrays.copyOf(row.hashes, row.fresh)));
            }
        });
        return out;
    }

    private boolean isKnown(Value value) {
        return value.bytes().length <= SentValues.TINY && sent.has(value.hash());
    }
}
