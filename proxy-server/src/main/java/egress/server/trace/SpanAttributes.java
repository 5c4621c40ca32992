package egress.server.trace;

import egress.exchange.Event;
import egress.exchange.Failure;
import egress.http.Authority;
import egress.server.trace.EndedExchange.Facts;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.AttributesBuilder;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The attributes of an exchange's span, with the names of OpenTelemetry's semantic conventions for HTTP and for generative AI, and
 * {@code egress.*} for what is the gate's own.
 */
final class SpanAttributes {
    private static final Set<String> METHODS =
            Set.of("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY");
    private static final AttributeKey<List<String>> FINISH_REASONS =
            AttributeKey.stringArrayKey("gen_ai.response.finish_reasons");

    private final AttributesBuilder to;
    private final UnaryOperator<String> mask;

    SpanAttributes(AttributesBuilder to, UnaryOperator<String> mask) {
        this.to = to;
        this.mask = mask;
    }

    /** The method, where it is one of the registered ones; a caller can make up any number of others. */
    static String knownMethod(String method, String otherwise) {
        return METHODS.contains(method) ? method : otherwise;
    }

    void exchange(Facts facts) {
        to.put("http.request.method", knownMethod(facts.method(), "_OTHER"));
        if (!METHODS.contains(facts.method())) {
            put("http.request.method_original", mask.apply(facts.method()));
        }
        to.put("url.full", mask.apply(url(facts)));
        to.put("url.scheme", facts.tls() ? "https" : "http");
        server(facts.authority());
        client(facts.downstream());
        String upstream = facts.upstreamVersion();
        to.put("network.protocol.name", "http");
        to.put("network.protocol.version", number(upstream == null ? facts.version() : upstream));
        peer(facts.upstreamAddress());
        if (facts.status() != 0) {
            to.put("http.response.status_code", facts.status());
        }
        to.put("http.request.body.size", facts.requestBytes());
        to.put("http.response.body.size", facts.responseBytes());
        error(facts.failure(), facts.status());
        to.put("egress.exchange.id", facts.id());
        to.put("egress.caller", facts.caller());
        to.put("egress.caller.protocol.version", number(facts.version()));
        put("egress.route", facts.route());
        to.put("egress.injected", facts.injected());
        to.put("egress.upstream.reused", facts.upstreamReused());
    }

    /** Without its query, in which anything may be. */
    private static String url(Facts facts) {
        String target = facts.target().equals("*") ? "/*" : facts.target();
        int end = target.length();
        for (int i = 0; i < end; i++) {
            if (target.charAt(i) == '?' || target.charAt(i) == '#') {
                end = i;
            }
        }
        return (facts.tls() ? "https://" : "http://")
                + facts.authority().toHostField(facts.tls())
                + target.substring(0, end);
    }

    /** {@code 2} of {@code HTTP/2.0}, {@code 1.1} of {@code HTTP/1.1}. */
    private static String number(String version) {
        return version.equals("HTTP/2.0") ? "2" : version.substring(version.indexOf('/') + 1);
    }

    private void server(Authority authority) {
        to.put("server.address", mask.apply(authority.host()));
        to.put("server.port", authority.port());
    }

    private void client(SocketAddress downstream) {
        if (downstream instanceof InetSocketAddress inet && inet.getAddress() != null) {
            to.put("client.address", inet.getAddress().getHostAddress());
            to.put("client.port", inet.getPort());
        }
    }

    /** @param address {@code 203.0.113.7:443} or {@code [2001:db8::7]:443} */
    private void peer(@Nullable String address) {
        int colon = address == null ? -1 : address.lastIndexOf(':');
        if (address != null && colon > 0) {
            to.put(
                    "network.peer.address",
                    address.substring(0, colon).replace("[", "").replace("]", ""));
            String port = address.substring(colon + 1);
            if (port.matches("[0-9]{1,5}")) {
                to.put("network.peer.port", Integer.parseInt(port));
            }
        }
    }

    private void error(@Nullable Failure failure, int status) {
        if (failure != null) {
            to.put("error.type", failure.code());
        } else if (status >= 400) {
            to.put("error.type", Integer.toString(status));
        }
    }

    /** A CONNECT that was refused. */
    void refused(Event.ConnectionRefused refused) {
        to.put("http.request.method", "CONNECT");
        Authority authority = refused.authority();
        if (authority != null) {
            server(authority);
        }
        client(refused.downstream());
        to.put("http.response.status_code", refused.status());
        to.put("error.type", refused.code());
        to.put("egress.caller", refused.caller().key());
    }

    void languageModel(LlmFacts said, String host) {
        String provider = said.api().provider(host);
        to.put("gen_ai.operation.name", said.api().operation());
        to.put("gen_ai.provider.name", provider);
        to.put("gen_ai.system", provider); // as it was called before
        masked("gen_ai.request.model", said.requestModel());
        put("gen_ai.request.max_tokens", said.maxTokens());
        put("gen_ai.request.temperature", said.temperature());
        put("gen_ai.request.top_p", said.topP());
        masked("gen_ai.response.id", said.id());
        masked("gen_ai.response.model", said.model());
        if (!said.finish().isEmpty()) {
            to.put(FINISH_REASONS, said.finish().stream().map(mask).toList());
        }
        put("gen_ai.usage.input_tokens", said.input());
        put("gen_ai.usage.output_tokens", said.output());
        put("gen_ai.usage.cache_read.input_tokens", said.cacheRead());
        put("gen_ai.usage.cache_creation.input_tokens", said.cacheWritten());
    }

    private void masked(String name, @Nullable String value) {
        put(name, value == null ? null : mask.apply(value));
    }

    private void put(String name, @Nullable String value) {
        if (value != null) {
            to.put(name, value);
        }
    }

    private void put(String name, @Nullable Long value) {
        if (value != null) {
            to.put(name, value);
        }
    }

    private void put(String name, @Nullable Double value) {
        if (value != null) {
            to.put(name, value);
        }
    }
}
