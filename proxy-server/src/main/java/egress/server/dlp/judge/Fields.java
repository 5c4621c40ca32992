package egress.server.dlp.judge;

import egress.dlp.HeaderField;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Field sections between the codec's form and the scanners'. */
public final class Fields {
    private Fields() {}

    public static List<HeaderField> of(HttpHeaders fields) {
        List<HeaderField> copy = new ArrayList<>(fields.size());
        Iterator<Map.Entry<CharSequence, CharSequence>> all = fields.iteratorCharSequence();
        while (all.hasNext()) {
            Map.Entry<CharSequence, CharSequence> field = all.next();
            copy.add(new HeaderField(field.getKey().toString(), field.getValue().toString()));
        }
        return copy;
    }

    public static HttpHeaders of(List<HeaderField> fields) {
        HttpHeaders copy =
                DefaultHttpHeadersFactory.headersFactory().withValidation(false).newHeaders();
        fields.forEach(field -> copy.add(field.name(), field.value()));
        return copy;
    }

    /** Characters, about. */
    static long size(List<HeaderField> fields) {
        long size = 0;
        for (HeaderField field : fields) {
            size += field.name().length() + field.value().length();
        }
        return size;
    }

    /** The length that the head declares; -1 where it declares none. */
    public static long contentLength(HttpHeaders fields) {
        String told = fields.get(HttpHeaderNames.CONTENT_LENGTH);
        return told == null ? -1 : Long.parseLong(told);
    }

    /** The head of a body that has another length than the one it had. */
    public static void frameAnew(HttpHeaders fields, long was, long now) {
        if (was != now && fields.contains(HttpHeaderNames.CONTENT_LENGTH)) {
            fields.remove(HttpHeaderNames.CONTENT_LENGTH);
            fields.set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
        }
    }

    /** Type and subtype in small letters; empty where there is none, or more than one. */
    public static String mediaType(HttpHeaders fields) {
        List<String> values = fields.getAll(HttpHeaderNames.CONTENT_TYPE);
        if (values.size() != 1) {
            return "";
        }
        String value = values.getFirst();
        int end = value.indexOf(';');
        return (end < 0 ? value : value.substring(0, end)).strip().toLowerCase(Locale.ROOT);
    }

    /** The one coding of a field such as {@code grpc-encoding}; {@code identity} where there is none. */
    public static String coding(HttpHeaders fields, String name) {
        @Nullable String value = fields.get(name);
        return value == null || value.isBlank() ? "identity" : value.strip().toLowerCase(Locale.ROOT);
    }
}
