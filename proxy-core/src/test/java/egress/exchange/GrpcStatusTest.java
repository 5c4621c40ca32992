package egress.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import egress.policy.DenyReason;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class GrpcStatusTest {
    private static final Failure DENIED = new Failure.Denied(DenyReason.PATH_NOT_ALLOWED, "no");

    private static HttpRequest request(String method, String type) {
        HttpRequest request = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.valueOf(method), "/s/M");
        request.headers().set("content-type", type);
        return request;
    }

    @ParameterizedTest
    @CsvSource({
        "POST, application/grpc, true",
        "POST, application/grpc+proto, true",
        "POST, 'Application/gRPC+JSON; charset=utf-8', true",
        "POST, application/grpc-web+proto, true",
        "POST, application/json, false",
        "POST, 'text/plain; a=application/grpc', false",
        "GET, application/grpc, false",
        "PUT, application/grpc, false"
    })
    void isForPostsOfGrpcAlone(String method, String type, boolean call) {
        assertThat(GrpcStatus.of(DENIED, request(method, type)) != null).isEqualTo(call);
    }

    static Stream<Arguments> failures() {
        return Stream.of(
                Arguments.of(DENIED, GrpcStatus.PERMISSION_DENIED),
                Arguments.of(new Failure.UpstreamForbidden("x"), GrpcStatus.PERMISSION_DENIED),
                Arguments.of(new Failure.Overloaded("x"), GrpcStatus.RESOURCE_EXHAUSTED),
                Arguments.of(
                        new Failure.DownstreamMalformed(HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE, "x"),
                        GrpcStatus.RESOURCE_EXHAUSTED),
                Arguments.of(new Failure.DownstreamTimedOut("x"), GrpcStatus.RESOURCE_EXHAUSTED),
                Arguments.of(new Failure.UpstreamUnreachable("x"), GrpcStatus.UNAVAILABLE),
                Arguments.of(new Failure.UpstreamUntrusted("x"), GrpcStatus.UNAVAILABLE),
                Arguments.of(new Failure.UpstreamTimedOut("x"), GrpcStatus.UNAVAILABLE),
                Arguments.of(new Failure.UpstreamMalformed("x"), GrpcStatus.UNAVAILABLE),
                Arguments.of(new Failure.Unauthenticated("x"), null),
                Arguments.of(new Failure.DownstreamMalformed(HttpResponseStatus.BAD_REQUEST, "x"), null),
                Arguments.of(new Failure.DownstreamMalformed(HttpResponseStatus.MISDIRECTED_REQUEST, "x"), null));
    }

    @ParameterizedTest
    @MethodSource("failures")
    void saysOfEachFailureWhatGrpcHasAWordFor(Failure failure, @Nullable GrpcStatus status) {
        assertThat(GrpcStatus.of(failure, request("POST", "application/grpc"))).isEqualTo(status);
    }

    @Test
    void isTrailersOnlyAndRecordedAsEver() {
        LocalResponse local = LocalResponse.of(
                new Failure.Denied(DenyReason.DLP_MATCH, "100% sure: ü"),
                request("POST", "application/grpc+proto"),
                true);

        assertThat(local.head().status()).isEqualTo(HttpResponseStatus.OK);
        assertThat(local.recorded()).isEqualTo(HttpResponseStatus.FORBIDDEN);
        assertThat(local.head().headers().entries().stream().map(e -> e.getKey() + ": " + e.getValue()))
                .containsExactly(
                        "content-type: application/grpc+proto",
                        "grpc-status: 7",
                        "grpc-message: egress DLP: 100%25 sure: %C3%BC",
                        "X-Egress-Deny: dlp_match",
                        "X-Egress-Hint: ask");
        assertThat(local.body().content().isReadable()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"'a b~!', 'a b~!'", "'100%', '100%25'", "'é', '%C3%A9'", "'\u0001', '%01'", "'\u007f', '%7F'"})
    void percentEncodesTheMessage(String text, String encoded) {
        assertThat(GrpcStatus.percentEncoded(text)).isEqualTo(encoded);
    }
}
