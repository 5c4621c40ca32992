package egress.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import egress.policy.DenyReason;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every refusal says whether trying again can help. */
class HintTest {
    static Stream<Failure> failures() {
        Stream<Failure> denied = Stream.of(DenyReason.values()).map(why -> new Failure.Denied(why, "no"));
        Stream<Failure> others = Stream.of(
                new Failure.Unauthenticated("no"),
                new Failure.DownstreamMalformed(HttpResponseStatus.BAD_REQUEST, "no"),
                new Failure.DownstreamMalformed(HttpResponseStatus.MISDIRECTED_REQUEST, "no"),
                new Failure.DownstreamMalformed(HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE, "no"),
                new Failure.DownstreamTimedOut("no"),
                new Failure.DownstreamTooSlow("no"),
                new Failure.UpstreamUnreachable("no"),
                new Failure.UpstreamUntrusted("no"),
                new Failure.UpstreamForbidden("no"),
                new Failure.UpstreamRefused("no"),
                new Failure.UpstreamClosedEarly(false, "no"),
                new Failure.UpstreamMalformed("no"),
                new Failure.UpstreamTimedOut("no"),
                new Failure.Overloaded("no"));
        return Stream.concat(denied, others);
    }

    @Test
    void theTableIsTheOneOfTheDocs() {
        Map<String, List<String>> byHint = failures()
                .collect(Collectors.groupingBy(
                        failure -> Hint.of(failure).code(),
                        TreeMap::new,
                        Collectors.mapping(Failure::code, Collectors.toList())));
        assertThat(byHint)
                .isEqualTo(Map.of(
                        "ask",
                        List.of(
                                "host_not_allowed",
                                "port_not_allowed",
                                "path_not_allowed",
                                "method_not_allowed",
                                "header_not_allowed",
                                "git_fetch",
                                "credential_unavailable",
                                "dlp_match",
                                "address_not_allowed"),
                        "later",
                        List.of(
                                "dlp_unavailable",
                                "dlp_locked",
                                "dlp_names",
                                "policy_unavailable",
                                "ask_pending",
                                "record_unavailable",
                                "downstream_timeout",
                                "body_too_slow",
                                "upstream_unreachable",
                                "upstream_refused",
                                "upstream_closed",
                                "upstream_malformed",
                                "upstream_timeout",
                                "overloaded"),
                        "never",
                        List.of(
                                "scheme_not_allowed",
                                "git_push",
                                "credential_needs_tls",
                                "upgrade_not_allowed",
                                "dlp_unscannable",
                                "proxy_authentication_required",
                                "malformed",
                                "misdirected",
                                "body_too_large",
                                "upstream_untrusted")));
    }

    @ParameterizedTest
    @MethodSource("failures")
    void standsBesideEveryDenial(Failure failure) {
        HttpRequest plain = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/");
        HttpRequest call = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.POST, "/s/m");
        call.headers().set("content-type", "application/grpc");
        for (HttpRequest request : List.of(plain, call)) {
            for (boolean http2 : new boolean[] {false, true}) {
                var fields = LocalResponse.of(failure, request, http2).head().headers();
                assertThat(fields.get("x-egress-deny")).isEqualTo(failure.code());
                assertThat(fields.get("x-egress-hint"))
                        .isEqualTo(Hint.of(failure).code());
            }
        }
    }
}
