package egress;

import static org.assertj.core.api.Assertions.assertThat;

import egress.testkit.Architecture;
import org.junit.jupiter.api.Test;

/** Which package of the relay may use which. Downstream and upstream meet in the exchange alone. */
class ArchitectureTest {
    @Test
    void packagesUseOnlyWhatTheirArrowsAllow() {
        assertThat(Architecture.ofModule()
                        .arrow("egress.share", "java")
                        .arrow("egress.http", "java", "io.netty")
                        // Forms that came as br are read as they pass, like the gzip and zlib that the JDK decodes.
                        .arrow(
                                "egress.policy",
                                "java",
                                "io.netty",
                                "com.google.re2j",
                                "com.aayushatharva.brotli4j",
                                "egress.http")
                        .arrow(
                                "egress.exchange",
                                "java",
                                "javax",
                                "io.netty",
                                "org.slf4j",
                                "egress.http",
                                "egress.policy",
                                "egress.share")
                        .arrow("egress.tunnel", "java", "io.netty")
                        .arrow(
                                "egress.downstream",
                                "java",
                                "javax",
                                "io.netty",
                                "org.slf4j",
                                "egress.http",
                                "egress.policy",
                                "egress.share",
                                "egress.exchange",
                                "egress.tunnel")
                        .arrow("egress.upstream.tls", "java", "javax", "io.netty", "egress.http", "egress.exchange")
                        .arrow(
                                "egress.upstream",
                                "java",
                                "javax",
                                "jdk.net",
                                "io.netty",
                                "org.slf4j",
                                "egress.http",
                                "egress.share",
                                "egress.exchange",
                                "egress.upstream.tls")
                        .arrow("egress", "java", "io.netty", "egress.exchange", "egress.downstream")
                        .faults())
                .isEmpty();
    }
}
