package egress.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import org.junit.jupiter.api.Test;

final class CredentialTest {
    @Test
    void writesTheFieldOfEachScheme() {
        assertThat(Credential.authorization("Bearer", "t0ken").value()).isEqualTo("Bearer t0ken");
        assertThat(Credential.basic("Aladdin:open sesame").value()).isEqualTo("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assertThat(Credential.basic("test:123\u00a3").value()).isEqualTo("Basic dGVzdDoxMjPCow==");
        assertThat(Credential.of("x-goog-api-key", "k").field()).isEqualTo("x-goog-api-key");
    }

    @Test
    void neverPrintsTheValue() {
        Route route = Route.named("a.example")
                .credential(Credential.authorization("Bearer", "t0ken"))
                .build();
        assertThat(route.toString()).contains("Authorization: ********").doesNotContain("t0ken");
        assertThat(new Verdict.Allow(route, RuleNames.DEFAULT).toString()).doesNotContain("t0ken");
        assertThat(Policy.of(java.util.List.of(route)).toString()).doesNotContain("t0ken");
    }

    @Test
    void hasNoValueWhenUnavailable() {
        Credential none = Credential.unavailable("Authorization", "EGRESS_TOKEN_0 is not set");
        assertThat(none.isAvailable()).isFalse();
        assertThatNullPointerException().isThrownBy(none::value).withMessage("EGRESS_TOKEN_0 is not set");
    }

    @Test
    void replacesWhatTheAgentSaid() {
        Route route = Route.named("a.example")
                .credential(Credential.of("x-goog-api-key", "ours"))
                .build();
        HttpHeaders fields = new DefaultHttpHeaders()
                .add("authorization", "one")
                .add("AUTHORIZATION", "two")
                .add("X-Goog-Api-Key", "theirs")
                .add("x_goog_api_key", "theirs")
                .add("x-other", "kept");
        route.inject(fields);
        assertThat(fields.entries().stream().map(e -> e.getKey() + ": " + e.getValue()))
                .containsExactlyInAnyOrder("x-other: kept", "x-goog-api-key: ours");
    }

    @Test
    void stripsAuthorizationOnARouteWithoutCredentialAndNothingWhenTransparent() {
        HttpHeaders fields =
                new DefaultHttpHeaders().add("Authorization", "one").add("x-goog-api-key", "theirs");
        Route.TRANSPARENT.inject(fields);
        assertThat(fields.names()).containsExactlyInAnyOrder("Authorization", "x-goog-api-key");
        Route.named("a.example").build().inject(fields);
        assertThat(fields.names()).containsExactly("x-goog-api-key");
    }
}
