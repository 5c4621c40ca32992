package egress.ca;

import static org.assertj.core.api.Assertions.assertThat;

import egress.testkit.Architecture;
import org.junit.jupiter.api.Test;

/** The authority knows BouncyCastle and no Netty. */
class ArchitectureTest {
    @Test
    void usesTheJdkAndBouncyCastleAlone() {
        assertThat(Architecture.ofModule()
                        .arrow("egress.ca", "java", "javax", "org.bouncycastle")
                        .faults())
                .isEmpty();
    }
}
