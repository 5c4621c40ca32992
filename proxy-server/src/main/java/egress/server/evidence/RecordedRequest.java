package egress.server.evidence;

import egress.exchange.LocalSite;
import egress.http.Authority;
import egress.http.HopByHop;
import egress.policy.RequestHead;
import egress.server.flows.Flow;
import egress.server.log.SecretMasker;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;

/**
 * A recorded request as policy judges it.
 *
 * @param head with masks where the recorder left them
 */
record RecordedRequest(Flow flow, Flow.Request request, RequestHead head) {
    static final String MASK = SecretMasker.MASK;

    /** Empty for what no policy is asked about: a ClientHello, the gate's own site, and what names no host. */
    static Optional<RecordedRequest> of(Flow flow) {
        Flow.Request request = flow.request();
        if (request == null) {
            return Optional.empty();
        }
        boolean tls = request.scheme().equalsIgnoreCase("https");
        Authority authority;
        try {
            authority = new Authority(Authority.host(request.host()), request.port());
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
        if (authority.host().equals(LocalSite.HOST)) {
            return Optional.empty();
        }
        HttpHeaders fields =
                DefaultHttpHeadersFactory.headersFactory().withValidation(false).newHeaders();
        request.fields().forEach(field -> fields.add(field.name(), field.value()));
        HopByHop.stripRequest(fields);
        return Optional.of(new RecordedRequest(
                flow, request, new RequestHead(tls, authority, request.method(), request.path(), fields)));
    }

    /** Whether it is a CONNECT that was refused. */
    boolean isConnect() {
        return head.method().equals("CONNECT");
    }

    /** The path as it was sent, without its query. */
    String path() {
        int query = head.target().indexOf('?');
        return query < 0 ? head.target() : head.target().substring(0, query);
    }

    /** The URL, without its query, for people. */
    String url() {
        return isConnect()
                ? head.authority().toString()
                : (head.tls() ? "https://" : "http://") + head.authority().toHostField(head.tls()) + path();
    }

    boolean isPathMasked() {
        return path().contains(MASK);
    }

    boolean isTargetMasked() {
        return head.target().contains(MASK);
    }

    boolean isBodyMasked() {
        return new String(request.body().kept(), StandardCharsets.ISO_8859_1).contains(MASK);
    }

    /** The first word of the User-Agent without its version: who asked. */
    String client() {
        String agent = request.fields().stream()
                .filter(field -> field.name().toLowerCase(Locale.ROOT).equals("user-agent"))
                .map(Flow.Field::value)
                .findFirst()
                .orElse("");
        int end = 0;
        while (end < agent.length() && end < 40 && isWord(agent.charAt(end))) {
            end++;
        }
        return end == 0 ? "no User-Agent" : agent.substring(0, end);
    }

    private static boolean isWord(char c) {
        return c >= '0' && c <= '9' || (c | 0x20) >= 'a' && (c | 0x20) <= 'z' || c == '-' || c == '_' || c == '.';
    }
}
