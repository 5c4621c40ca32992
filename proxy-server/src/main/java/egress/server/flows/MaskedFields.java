package egress.server.flows;

import egress.server.log.SecretMasker;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Masks fields, and remembers what became of the short ones, since most come again. Belongs to one thread. */
final class MaskedFields {
    /** That are remembered. */
    static final int MOST = 2_048;
    /** Name and value together. */
    static final int LONGEST = 256;

    private final Map<Flow.Field, Flow.Field> known = new LinkedHashMap<>(256, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Flow.Field, Flow.Field> eldest) {
            return size() > MOST;
        }
    };
    private @Nullable SecretMasker masker;

    /** @param http2 whether they are a caller's of h2, where names are in lower case and there is no transfer coding */
    List<Flow.Field> of(Fields fields, boolean http2, SecretMasker by) {
        use(by);
        List<Flow.Field> masked = new ArrayList<>(fields.size());
        for (int i = 0; i < fields.size(); i++) {
            String name = http2 ? fields.name(i).toLowerCase(Locale.ROOT) : fields.name(i);
            if (!http2 || !name.equals("transfer-encoding")) {
                masked.add(of(name, fields.value(i), by));
            }
        }
        return masked;
    }

    /** A word that comes again and again, such as a host. */
    String text(String text, SecretMasker by) {
        use(by);
        return of("", text, by).value();
    }

    private void use(SecretMasker by) {
        if (masker != by) {
            masker = by;
            known.clear();
        }
    }

    private Flow.Field of(String name, String value, SecretMasker by) {
        Flow.Field field = new Flow.Field(name, value);
        if (name.length() + value.length() > LONGEST) {
            return masked(field, by);
        }
        Flow.Field before = known.get(field);
        if (before != null) {
            return before;
        }
        Flow.Field masked = masked(field, by);
        known.put(field, masked);
        return masked;
    }

    private static Flow.Field masked(Flow.Field field, SecretMasker by) {
        String value = by.field(field.name(), field.value());
        return new Flow.Field(by.text(field.name()), value);
    }
}
