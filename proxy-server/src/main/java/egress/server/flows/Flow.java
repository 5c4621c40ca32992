package egress.server.flows;

import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What was recorded of one exchange or of one ClientHello, secrets masked: an immutable copy, as one line of the flow log holds it.
 *
 * @param id of the exchange, counted by the gate from its start on; 0 of a ClientHello and in a log that another program wrote
 * @param scanId which scan it belongs to; empty where none was named
 * @param timestamp when the request's head, or the ClientHello, came
 * @param hello of a {@code tls_clienthello}; null of an exchange
 * @param request of an exchange; null of a ClientHello
 * @param response as the caller got it; null while there is none, or where none went out
 * @param decision what the gate made of it
 * @param messages of a WebSocket, in the order in which they went
 */
public record Flow(
        long id,
        String scanId,
        Instant timestamp,
        Client client,
        @Nullable Hello hello,
        @Nullable Request request,
        @Nullable Response response,
        Decision decision,
        Connection upstream,
        Timings timings,
        List<Finding> findings,
        List<Message> messages) {

    public Flow {
        findings = List.copyOf(findings);
        messages = List.copyOf(messages);
    }

    /**
     * Who asked.
     *
     * @param address {@code 127.0.0.1:47154}
     * @param user the proxy user whose password was checked; null where there is none
     * @param tls what the handshake with it agreed on; null where it is not known, or there was none
     */
    public record Client(
            String address, @Nullable String user, @Nullable Tls tls) {
        /** Of whose TLS nothing is known. */
        public Client(String address, @Nullable String user) {
            this(address, user, null);
        }
    }

    /**
     * What a handshake agreed on.
     *
     * @param version such as {@code TLSv1.3}
     * @param alpn the protocol chosen; null where none was
     * @param certificate the origin's; null of a caller, and where it is not known
     */
    public record Tls(
            String version,
            String cipher,
            @Nullable String alpn,
            @Nullable Certificate certificate) {}

    /**
     * A certificate.
     *
     * @param subject as RFC 2253 writes a name, and {@code issuer} likewise
     * @param names the subject's alternative names, the first of them
     * @param moreNames how many others there are
     * @param sha256 of the certificate, in hexadecimal
     */
    public record Certificate(
            String subject,
            String issuer,
            Instant notBefore,
            Instant notAfter,
            List<String> names,
            int moreNames,
            String sha256) {
        public Certificate {
            names = List.copyOf(names);
        }
    }

    /** @param host and port of the CONNECT */
    public record Hello(String host, int port, @Nullable String sni, List<String> alpn) {
        public Hello {
            alpn = List.copyOf(alpn);
        }
    }

    /** A field as it stood on the wire; its value masked where it holds a secret. */
    public record Field(String name, String value) {
        /** By the hashes that strings keep; what a record makes by itself costs several times as much until it is compiled. */
        @Override
        public int hashCode() {
            return 31 * name.hashCode() + value.hashCode();
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Field field && name.equals(field.name) && value.equals(field.value);
        }
    }

    /**
     * @param scheme {@code http} or {@code https}
     * @param path with its query, masked
     * @param httpVersion {@code HTTP/1.1} or {@code HTTP/2.0}
     */
    public record Request(
            String method,
            String scheme,
            String host,
            int port,
            String path,
            String httpVersion,
            List<Field> fields,
            FlowBody body,
            List<Field> trailers) {
        public Request {
            fields = List.copyOf(fields);
            trailers = List.copyOf(trailers);
        }
    }

    /** @param reason of an HTTP/1 status line; empty on h2 */
    public record Response(int status, String reason, List<Field> fields, FlowBody body, List<Field> trailers) {
        public Response {
            fields = List.copyOf(fields);
            trailers = List.copyOf(trailers);
        }
    }

    /**
     * @param verdict {@code allowed}, {@code denied} (the gate refused it), {@code failed} (the origin or the network), {@code
     *     aborted} (the caller left) or, before the first decision, {@code pending}
     * @param code as in {@code X-Egress-Deny}; null where all went well
     * @param route of the routes file, by its name; also the route of the host where a rule of it refused
     * @param rule which rule of the route decided, in words such as {@code paths[1] prefix /v1/}; null where none did
     * @param why one sentence for a person; null where all went well
     * @param injected whether a credential was written to the origin
     * @param ask the question to an operator, or the grant, of the exchange; null where no operator was asked
     */
    public record Decision(
            String verdict,
            @Nullable String code,
            @Nullable String route,
            @Nullable String rule,
            @Nullable String why,
            boolean injected,
            @Nullable String ask) {
        /** Without a question to an operator. */
        public Decision(
                String verdict,
                @Nullable String code,
                @Nullable String route,
                @Nullable String rule,
                @Nullable String why,
                boolean injected) {
            this(verdict, code, route, rule, why, injected, null);
        }
    }

    /**
     * The connection to the origin.
     *
     * @param address {@code 203.0.113.7:443}; null where none was made
     * @param tls null where it is not known, or there was none
     */
    public record Connection(
            @Nullable String address,
            @Nullable String httpVersion,
            boolean reused,
            @Nullable Tls tls) {
        public static final Connection NONE = new Connection(null, null, false);

        /** Of whose TLS nothing is known. */
        public Connection(@Nullable String address, @Nullable String httpVersion, boolean reused) {
            this(address, httpVersion, reused, null);
        }
    }

    /**
     * @param micros microseconds by phase, from the request's head on, or of a phase of its own, with the names of the audit line:
     *     {@code accept}, {@code hello}, {@code mint}, {@code handshake}, {@code verdict}, {@code connect}, {@code tls}, {@code
     *     stream}, {@code first_byte}, {@code last_byte}, in this order; a phase that was not reached is absent. Not changed any more
     */
    public record Timings(Map<String, Long> micros) {
        public static final Timings NONE = new Timings(Map.of());

        public Timings {
            micros = Collections.unmodifiableMap(micros);
        }
    }

    /**
     * What DLP found: never the value.
     *
     * @param place such as {@code body} or {@code header x-a}
     * @param effect {@code block}, {@code warn} and so on, as the audit line says it
     */
    public record Finding(String detector, String place, String fingerprint, String effect) {}

    /**
     * A message of a WebSocket, decoded.
     *
     * @param fromCaller its direction
     * @param text whether it was sent as text
     * @param micros from the request's head on
     */
    public record Message(boolean fromCaller, boolean text, long micros, FlowBody payload) {}

    /** Whether it is one of an exchange and not of a ClientHello. */
    public boolean isExchange() {
        return request != null;
    }
}
