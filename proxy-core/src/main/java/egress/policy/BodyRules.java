package egress.policy;

import egress.http.FieldNames;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Which bodies can change what a rule decides, and their readers. */
final class BodyRules {
    private static final String TYPE = "content-type";
    private static final String CODING = "content-encoding";

    private static final Verdict.Deny UNREADABLE_FORM = new Verdict.Deny(
            DenyReason.METHOD_NOT_ALLOWED,
            "a form in a content coding that cannot be read: it may ask for a method that is not allowed");

    private BodyRules() {}

    /** Of a request to the path of the LFS batch API. */
    static BodyJudge ofBatch(String method, HttpHeaders fields) {
        boolean safe = isSafe(method);
        return codings(fields).isEmpty() ? new LfsBatch(safe) : new DecodedBody.Unread(LfsBatch.UNREADABLE);
    }

    /**
     * Of a request that may carry a form.
     *
     * @param byMethod the denial of the request by another method; null where that is allowed
     */
    static Optional<BodyJudge> ofForm(
            String method, HttpHeaders fields, Function<String, Verdict.@Nullable Deny> byMethod) {
        List<String> types = values(fields, TYPE);
        // Without a type a body by POST is a form for some.
        boolean pairs = types.isEmpty() && !isSafe(method);
        boolean parts = false;
        for (String type : types) {
            pairs |= type.contains("urlencoded");
            parts |= type.contains("multipart/");
        }
        if (!pairs && !parts) {
            return Optional.empty();
        }
        List<BodyJudge> judges = new ArrayList<>(1);
        if (pairs) {
            judges.add(coded(fields, byMethod, false));
        }
        if (parts) {
            judges.add(coded(fields, byMethod, true));
        }
        return Optional.of(judges.size() == 1 ? judges.getFirst() : new All(judges));
    }

    private static BodyJudge coded(
            HttpHeaders fields, Function<String, Verdict.@Nullable Deny> byMethod, boolean multipart) {
        List<String> types = sent(fields, TYPE);
        boolean declared = !types.isEmpty();
        Supplier<BodyJudge> reader =
                () -> multipart ? new PartOverrides(types, byMethod) : new FormOverrides(declared, byMethod);
        BodyJudge asSent = reader.get();
        List<String> codings = codings(fields);
        if (codings.isEmpty() || !declared) {
            return asSent; // what takes a body without a type for a form does not undo its coding
        }
        String coding = codings.size() == 1 ? codings.getFirst() : "";
        return DecodedBody.of(coding, asSent, reader.get(), UNREADABLE_FORM);
    }

    /** Several, each of which must let it pass. */
    record All(List<BodyJudge> judges) implements BodyJudge {
        @Override
        public boolean holdsHead() {
            return judges.stream().anyMatch(BodyJudge::holdsHead);
        }

        @Override
        public Verdict.@Nullable Deny take(ByteBuf bytes) {
            Verdict.Deny deny = null;
            for (int i = 0; deny == null && i < judges.size(); i++) {
                deny = judges.get(i).take(bytes);
            }
            return deny;
        }

        @Override
        public Verdict.@Nullable Deny end() {
            Verdict.Deny deny = null;
            for (int i = 0; deny == null && i < judges.size(); i++) {
                deny = judges.get(i).end();
            }
            return deny;
        }

        @Override
        public void close() {
            judges.forEach(BodyJudge::close);
        }
    }

    private static boolean isSafe(String method) {
        return switch (method) {
            case "GET", "HEAD", "OPTIONS" -> true;
            default -> false;
        };
    }

    /** The codings that are applied, first to last (RFC 9110 §8.4). */
    private static List<String> codings(HttpHeaders fields) {
        List<String> codings = new ArrayList<>(1);
        for (String value : values(fields, CODING)) {
            for (String coding : value.split(",", -1)) {
                String name = coding.strip();
                if (!name.isEmpty() && !name.equals("identity")) {
                    codings.add(name);
                }
            }
        }
        return codings;
    }

    /** In lower case. */
    private static List<String> values(HttpHeaders fields, String name) {
        return sent(fields, name).stream()
                .map(value -> value.toLowerCase(Locale.ROOT))
                .toList();
    }

    /** Also those under a spelling that the origin may take for the name. */
    private static List<String> sent(HttpHeaders fields, String name) {
        List<String> values = new ArrayList<>(1);
        for (Iterator<Map.Entry<CharSequence, CharSequence>> i = fields.iteratorCharSequence(); i.hasNext(); ) {
            Map.Entry<CharSequence, CharSequence> field = i.next();
            if (FieldNames.same(field.getKey(), name)) {
                values.add(field.getValue().toString());
            }
        }
        return values;
    }
}
