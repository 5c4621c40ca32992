package egress.server;

import static org.assertj.core.api.Assertions.assertThat;

import egress.testkit.Architecture;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Types that no other package uses are package-private. Here, since this module sees who uses those of the others. */
class PublicTypesTest {
    private static final Set<String> PACKAGES = Set.of(
            "egress",
            "egress.http",
            "egress.share",
            "egress.policy",
            "egress.exchange",
            "egress.downstream",
            "egress.upstream",
            "egress.upstream.tls",
            "egress.tunnel",
            "egress.ca");

    @Test
    void typesOfTheRelayAndTheAuthorityArePublicOnlyWhereAnotherPackageUsesThem() {
        assertThat(Architecture.needlesslyPublic(PACKAGES::contains))
                .containsExactlyInAnyOrder(
                        "egress.downstream.ClientHelloFuzz"); // FuzzTest gives it to Jazzer by its name
    }
}
