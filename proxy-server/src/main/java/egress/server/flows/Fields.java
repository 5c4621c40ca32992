package egress.server.flows;

import io.netty.handler.codec.http.HttpHeaders;
import java.util.Iterator;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Fields as they are copied on an event loop: names and values in turn, unmasked. */
final class Fields {
    static final Fields NONE = new Fields(new String[0], 0);

    /** Of a field's objects, in bytes. */
    static final int OVERHEAD = 48;

    private final String[] turns;
    private final int weight;

    private Fields(String[] turns, int weight) {
        this.turns = turns;
        this.weight = weight;
    }

    static Fields of(@Nullable HttpHeaders fields) {
        if (fields == null || fields.isEmpty()) {
            return NONE;
        }
        String[] turns = new String[2 * fields.size()];
        int weight = 0;
        int at = 0;
        Iterator<Map.Entry<CharSequence, CharSequence>> all = fields.iteratorCharSequence();
        while (all.hasNext() && at < turns.length) {
            Map.Entry<CharSequence, CharSequence> field = all.next();
            turns[at] = field.getKey().toString();
            turns[at + 1] = field.getValue().toString();
            weight += OVERHEAD + turns[at].length() + turns[at + 1].length();
            at += 2;
        }
        return new Fields(turns, weight);
    }

    /** Bytes it holds, about. */
    int weight() {
        return weight;
    }

    int size() {
        return turns.length / 2;
    }

    String name(int i) {
        return turns[2 * i];
    }

    String value(int i) {
        return turns[2 * i + 1];
    }

    /** The values of a field, in order and joined by commas (RFC 9110 §5.3); empty where there is none. */
    String joined(String name) {
        String joined = "";
        for (int i = 0; i < size(); i++) {
            if (name(i).equalsIgnoreCase(name)) {
                joined = joined.isEmpty() ? value(i) : joined + "," + value(i);
            }
        }
        return joined;
    }

    /** The media type of {@code Content-Type}, in lower case and without parameters; empty where there is none. */
    String mediaType() {
        String type = joined("content-type");
        int parameters = type.indexOf(';');
        return (parameters < 0 ? type : type.substring(0, parameters)).strip().toLowerCase(Locale.ROOT);
    }
}
