package egress.policy;

import egress.http.FieldNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * The methods that a request asks its origin to use instead of its own: by the well-known fields, and by a {@code
 * _method} parameter in the query. Forms can carry one in the body as well, where policy cannot see it.
 */
final class MethodOverrides {
    private static final String[] FIELDS = {"x-http-method-override", "x-method-override", "x-http-method"};
    private static final String PARAMETER = "_method";

    private MethodOverrides() {}

    static List<String> of(HttpHeaders fields, String query) {
        List<String> methods = List.of();
        for (Iterator<Map.Entry<CharSequence, CharSequence>> i = fields.iteratorCharSequence(); i.hasNext(); ) {
            Map.Entry<CharSequence, CharSequence> field = i.next();
            if (isOverride(field.getKey())) {
                methods = methods.isEmpty() ? new ArrayList<>(2) : methods;
                methods.add(field.getValue().toString().strip());
            }
        }
        if (!query.isEmpty()) {
            List<String> values = QueryForms.values(query, PARAMETER);
            if (!values.isEmpty()) {
                values.addAll(methods);
                return values;
            }
        }
        return methods;
    }

    private static boolean isOverride(CharSequence name) {
        for (String field : FIELDS) {
            if (FieldNames.same(name, field)) {
                return true;
            }
        }
        return false;
    }
}
