package egress.server.flows;

import com.fasterxml.jackson.core.Base64Variants;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonGenerator.Feature;
import com.fasterxml.jackson.core.SerializableString;
import com.fasterxml.jackson.core.io.SerializedString;
import java.io.IOException;
import java.io.OutputStream;
import java.io.StringWriter;
import java.time.Instant;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A flow as one line of the flow log (docs/flows.md); {@link FlowReader} reads it back. Of one thread at a time. */
final class FlowWriter {
    static final String HTTP = "http";
    static final String CLIENT_HELLO = "tls_clienthello";

    private static final int MICROS_A_MILLI = 1_000;
    private static final int MICROS_A_SECOND = 1_000_000;
    private static final int MOST_CERTIFICATES = 256;

    private final JsonFactory factory =
            JsonFactory.builder().build().disable(Feature.AUTO_CLOSE_TARGET).disable(Feature.FLUSH_PASSED_TO_STREAM);

    /** How certificates are written: {@link TlsReader} makes one of each, and most flows have one that was written before. */
    private final IdentityHashMap<Flow.Certificate, SerializableString> certificates = new IdentityHashMap<>();

    /** How short fields are written, from the second time on: most come again. */
    private final Map<Flow.Field, Optional<SerializableString>> fields = new LinkedHashMap<>(256, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Flow.Field, Optional<SerializableString>> eldest) {
            return size() > MaskedFields.MOST;
        }
    };

    private long second = Long.MIN_VALUE;
    private String upToSecond = "";

    /** Writes the flow, and a newline behind it. */
    void write(Flow flow, OutputStream to) throws IOException {
        write(flow, Integer.MAX_VALUE, to);
    }

    /** @param mostOfBody bytes of each body, and of all messages; the rest is left out */
    void write(Flow flow, int mostOfBody, OutputStream to) throws IOException {
        try (JsonGenerator json = factory.createGenerator(to)) {
            json.writeStartObject();
            string(json, Key.SCAN_ID, flow.scanId());
            string(json, Key.TIMESTAMP, text(flow.timestamp()));
            string(json, Key.EVENT, flow.isExchange() ? HTTP : CLIENT_HELLO);
            if (flow.hello() != null) {
                hello(json, flow.hello());
            }
            if (flow.request() != null) {
                exchange(json, flow, flow.request(), mostOfBody);
            }
            string(json, Key.CLIENT, flow.client().address());
            stringOrNone(json, Key.USER, flow.client().user());
            tls(json, Key.TLS, flow.client().tls());
            if (flow.request() != null) {
                outcome(json, flow);
                messages(json, flow.messages(), mostOfBody);
            }
            json.writeEndObject();
            json.writeRaw('\n');
        }
    }

    /** RFC 3339 with microseconds; the part that most have in common is made once a second. */
    private String text(Instant time) {
        if (time.getEpochSecond() != second) {
            second = time.getEpochSecond();
            String whole = Instant.ofEpochSecond(second).toString();
            upToSecond = whole.substring(0, whole.length() - 1);
        }
        return decimal(new StringBuilder(32).append(upToSecond), time.getNano() / 1_000, MICROS_A_SECOND)
                .append('Z')
                .toString();
    }

    /** Microseconds as milliseconds. */
    private static String millis(long micros) {
        StringBuilder text = new StringBuilder(16).append(micros / MICROS_A_MILLI);
        int rest = (int) (micros % MICROS_A_MILLI);
        return (rest == 0 ? text : decimal(text, rest, MICROS_A_MILLI)).toString();
    }

    private static StringBuilder decimal(StringBuilder to, int part, int whole) {
        to.append('.');
        for (int unit = whole / 10; unit > 0; unit /= 10) {
            to.append((char) ('0' + part / unit % 10));
        }
        return to;
    }

    private static void hello(JsonGenerator json, Flow.Hello hello) throws IOException {
        string(json, Key.SNI, hello.sni() == null ? "" : hello.sni());
        array(json, Key.ALPN_PROTOCOLS);
        for (String protocol : hello.alpn()) {
            json.writeString(protocol);
        }
        json.writeEndArray();
        string(json, Key.HOST, hello.host());
        number(json, Key.PORT, hello.port());
    }

    private void exchange(JsonGenerator json, Flow flow, Flow.Request request, int mostOfBody) throws IOException {
        string(json, Key.METHOD, request.method());
        string(json, Key.SCHEME, request.scheme());
        string(json, Key.HOST, request.host());
        number(json, Key.PORT, request.port());
        string(json, Key.PATH, request.path());
        string(json, Key.HTTP_VERSION, request.httpVersion());
        fields(json, Key.REQUEST_HEADERS, request.fields());
        body(json, Key.REQUEST_BODY, request.body(), mostOfBody);
        Flow.Response response = flow.response();
        number(json, Key.RESPONSE_STATUS, response == null ? 0 : response.status());
        string(json, Key.RESPONSE_REASON, response == null ? "" : response.reason());
        fields(json, Key.RESPONSE_HEADERS, response == null ? List.of() : response.fields());
        if (response == null) {
            json.writeFieldName(Key.RESPONSE_BODY.text);
            json.writeNull();
        } else {
            body(json, Key.RESPONSE_BODY, response.body(), mostOfBody);
        }
        if (!request.trailers().isEmpty()) {
            fields(json, Key.REQUEST_TRAILERS, request.trailers());
        }
        if (response != null && !response.trailers().isEmpty()) {
            fields(json, Key.RESPONSE_TRAILERS, response.trailers());
        }
    }

    private void outcome(JsonGenerator json, Flow flow) throws IOException {
        number(json, Key.EXCHANGE, flow.id());
        Flow.Decision decision = flow.decision();
        string(json, Key.VERDICT, decision.verdict());
        stringOrNone(json, Key.CODE, decision.code());
        stringOrNone(json, Key.WHY, decision.why());
        stringOrNone(json, Key.ROUTE, decision.route());
        stringOrNone(json, Key.RULE, decision.rule());
        stringOrNone(json, Key.ASK, decision.ask());
        bool(json, Key.INJECTED, decision.injected());
        Flow.Connection upstream = flow.upstream();
        if (upstream.address() != null) {
            string(json, Key.UPSTREAM, upstream.address());
            stringOrNone(json, Key.UPSTREAM_HTTP_VERSION, upstream.httpVersion());
            bool(json, Key.UPSTREAM_REUSED, upstream.reused());
            tls(json, Key.UPSTREAM_TLS, upstream.tls());
        }
        if (!flow.timings().micros().isEmpty()) {
            object(json, Key.MS);
            for (Map.Entry<String, Long> phase : flow.timings().micros().entrySet()) {
                json.writeFieldName(phase.getKey());
                json.writeNumber(millis(phase.getValue()));
            }
            json.writeEndObject();
        }
        if (!flow.findings().isEmpty()) {
            array(json, Key.FINDINGS);
            for (Flow.Finding finding : flow.findings()) {
                json.writeStartObject();
                string(json, Key.DETECTOR, finding.detector());
                string(json, Key.PLACE, finding.place());
                string(json, Key.FINGERPRINT, finding.fingerprint());
                string(json, Key.EFFECT, finding.effect());
                json.writeEndObject();
            }
            json.writeEndArray();
        }
    }

    private void tls(JsonGenerator json, Key key, Flow.@Nullable Tls tls) throws IOException {
        if (tls == null) {
            return;
        }
        object(json, key);
        string(json, Key.VERSION, tls.version());
        string(json, Key.CIPHER, tls.cipher());
        stringOrNone(json, Key.ALPN, tls.alpn());
        Flow.Certificate certificate = tls.certificate();
        if (certificate != null) {
            json.writeFieldName(Key.CERTIFICATE.text);
            json.writeRawValue(written(certificate));
        }
        json.writeEndObject();
    }

    private SerializableString written(Flow.Certificate certificate) throws IOException {
        SerializableString known = certificates.get(certificate);
        if (known == null) {
            known = text(json -> certificate(json, certificate));
            if (certificates.size() == MOST_CERTIFICATES) {
                certificates.clear();
            }
            certificates.put(certificate, known);
        }
        return known;
    }

    private static void certificate(JsonGenerator json, Flow.Certificate certificate) throws IOException {
        json.writeStartObject();
        string(json, Key.SUBJECT, certificate.subject());
        string(json, Key.ISSUER, certificate.issuer());
        string(json, Key.NOT_BEFORE, certificate.notBefore().toString());
        string(json, Key.NOT_AFTER, certificate.notAfter().toString());
        array(json, Key.NAMES);
        for (String each : certificate.names()) {
            json.writeString(each);
        }
        json.writeEndArray();
        if (certificate.moreNames() > 0) {
            number(json, Key.MORE_NAMES, certificate.moreNames());
        }
        string(json, Key.SHA256, certificate.sha256());
        json.writeEndObject();
    }

    private static void messages(JsonGenerator json, List<Flow.Message> messages, int most) throws IOException {
        if (messages.isEmpty()) {
            return;
        }
        int left = most;
        array(json, Key.MESSAGES);
        for (Flow.Message message : messages) {
            int kept = message.payload().kept().length;
            if (kept > left) {
                break;
            }
            left -= kept;
            json.writeStartObject();
            bool(json, Key.FROM_CLIENT, message.fromCaller());
            bool(json, Key.IS_TEXT, message.text());
            json.writeFieldName(Key.MS.text);
            json.writeNumber(millis(message.micros()));
            body(json, Key.PAYLOAD, message.payload(), most);
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private static void string(JsonGenerator json, Key key, String value) throws IOException {
        json.writeFieldName(key.text);
        json.writeString(value);
    }

    private static void stringOrNone(JsonGenerator json, Key key, @Nullable String value) throws IOException {
        if (value != null) {
            string(json, key, value);
        }
    }

    private static void number(JsonGenerator json, Key key, long value) throws IOException {
        json.writeFieldName(key.text);
        json.writeNumber(value);
    }

    private static void bool(JsonGenerator json, Key key, boolean value) throws IOException {
        json.writeFieldName(key.text);
        json.writeBoolean(value);
    }

    private static void array(JsonGenerator json, Key key) throws IOException {
        json.writeFieldName(key.text);
        json.writeStartArray();
    }

    private static void object(JsonGenerator json, Key key) throws IOException {
        json.writeFieldName(key.text);
        json.writeStartObject();
    }

    private void fields(JsonGenerator json, Key key, List<Flow.Field> fields) throws IOException {
        array(json, key);
        for (Flow.Field field : fields) {
            SerializableString known = written(field);
            if (known == null) {
                field(json, field);
            } else {
                json.writeRawValue(known);
            }
        }
        json.writeEndArray();
    }

    private static void field(JsonGenerator json, Flow.Field field) throws IOException {
        json.writeStartArray();
        json.writeString(field.name());
        json.writeString(field.value());
        json.writeEndArray();
    }

    /** Null where it is long or comes for the first time. */
    private @Nullable SerializableString written(Flow.Field field) throws IOException {
        if (field.name().length() + field.value().length() > MaskedFields.LONGEST) {
            return null;
        }
        Optional<SerializableString> known = fields.get(field);
        if (known == null) {
            fields.put(field, Optional.empty());
            return null;
        }
        if (known.isEmpty()) {
            known = Optional.of(text(json -> field(json, field)));
            fields.put(field, known);
        }
        return known.get();
    }

    /** Writes a part of a flow. */
    private interface Part {
        void to(JsonGenerator json) throws IOException;
    }

    private SerializableString text(Part part) throws IOException {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = factory.createGenerator(text)) {
            part.to(json);
        }
        return new SerializedString(text.toString());
    }

    private static void body(JsonGenerator json, Key key, FlowBody body, int most) throws IOException {
        object(json, key);
        if (body.isEmpty()) {
            bool(json, Key.EMPTY, true);
            json.writeEndObject();
            return;
        }
        byte[] kept = body.kept().length <= most ? body.kept() : Arrays.copyOf(body.kept(), most);
        boolean truncated = body.truncated() || kept.length < body.kept().length;
        int text = Text.length(kept, truncated);
        string(json, Key.ENCODING, text >= 0 ? "text" : "base64");
        number(json, Key.LENGTH, body.length());
        bool(json, Key.TRUNCATED, truncated);
        if (body.decoded()) {
            bool(json, Key.DECODED, true);
        }
        if (text >= 0) {
            json.writeFieldName(Key.TEXT.text);
            if (Text.isPlain(kept, text)) {
                json.writeRawUTF8String(kept, 0, text);
            } else {
                json.writeUTF8String(kept, 0, text);
            }
        } else {
            json.writeFieldName(Key.B64.text);
            json.writeBinary(Base64Variants.MIME_NO_LINEFEEDS, kept, 0, kept.length);
        }
        json.writeEndObject();
    }

    /** The names of a line's parts, as JSON has them: in lower case. */
    private enum Key {
        SCAN_ID,
        TIMESTAMP,
        EVENT,
        SNI,
        ALPN_PROTOCOLS,
        HOST,
        PORT,
        METHOD,
        SCHEME,
        PATH,
        HTTP_VERSION,
        REQUEST_HEADERS,
        REQUEST_BODY,
        RESPONSE_STATUS,
        RESPONSE_REASON,
        RESPONSE_HEADERS,
        RESPONSE_BODY,
        REQUEST_TRAILERS,
        RESPONSE_TRAILERS,
        CLIENT,
        USER,
        TLS,
        VERSION,
        CIPHER,
        ALPN,
        CERTIFICATE,
        SUBJECT,
        ISSUER,
        NOT_BEFORE,
        NOT_AFTER,
        NAMES,
        MORE_NAMES,
        SHA256,
        EXCHANGE,
        VERDICT,
        CODE,
        WHY,
        ROUTE,
        RULE,
        ASK,
        INJECTED,
        UPSTREAM,
        UPSTREAM_HTTP_VERSION,
        UPSTREAM_REUSED,
        UPSTREAM_TLS,
        MS,
        FINDINGS,
        DETECTOR,
        PLACE,
        FINGERPRINT,
        EFFECT,
        MESSAGES,
        FROM_CLIENT,
        IS_TEXT,
        PAYLOAD,
        EMPTY,
        ENCODING,
        LENGTH,
        TRUNCATED,
        DECODED,
        TEXT,
        B64;

        @SuppressWarnings("ImmutableEnumChecker") // it never changes
        private final SerializableString text = new SerializedString(name().toLowerCase(Locale.ROOT));
    }
}
