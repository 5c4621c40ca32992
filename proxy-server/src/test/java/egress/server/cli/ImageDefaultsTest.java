package egress.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import egress.server.ProxyUnderTest;
import egress.server.config.Endpoint;
import egress.server.config.Settings;
import egress.server.log.Notices;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What the program takes for granted where EGRESS_IMAGE says that it runs in its image. */
final class ImageDefaultsTest {
    private final ProxyUnderTest.Captured err = new ProxyUnderTest.Captured();

    private Settings parse(Map<String, String> environment, String... arguments) {
        AtomicReference<@Nullable Settings> settings = new AtomicReference<>();
        int status = CommandLineFactory.of(
                        environment,
                        (parsed, ca) -> {
                            settings.set(parsed);
                            return 0;
                        },
                        new Notices(err))
                .execute(arguments);
        assertThat(status).describedAs(err.text()).isZero();
        return Objects.requireNonNull(settings.get());
    }

    @Test
    void aMissingRoutesFileIsNeverTheDebuggingProxy() {
        assertThat(parse(Map.of("EGRESS_IMAGE", "1")).serving().routes()).contains(Path.of("/etc/egress/routes.yaml"));
    }

    @Test
    void itListensForOtherContainersAndSignsWithTheMountedCa() {
        Map<String, String> image = Map.of("EGRESS_IMAGE", "1");
        assertThat(parse(image).serving().listen()).isEqualTo(new Endpoint("0.0.0.0", 9099));
        assertThat(caOf(image)).isEqualTo("--ca /home/mitmproxy/.mitmproxy/mitmproxy-ca.pem");
        assertThat(caOf(image, "--ca-dir", "/ca")).isEqualTo("--ca-dir /ca");
        assertThat(caOf(Map.of("EGRESS_IMAGE", "1", "EGRESS_CA_DIR", "/ca"))).isEqualTo("--ca-dir /ca");
        assertThat(caOf(Map.of("EGRESS_IMAGE", "1", "EGRESS_CA_EPHEMERAL", "true")))
                .isEqualTo("--ca-ephemeral");
        assertThat(caOf(Map.of("EGRESS_IMAGE", "1", "EGRESS_CA", "/other.pem"))).isEqualTo("--ca /other.pem");
        assertThat(parse(Map.of("EGRESS_IMAGE", "1", "EGRESS_LISTEN", "127.0.0.1:1"))
                        .serving()
                        .listen())
                .isEqualTo(new Endpoint("127.0.0.1", 1));
    }

    /** Which authority a run would take. */
    private String caOf(Map<String, String> environment, String... arguments) {
        AtomicReference<String> chosen = new AtomicReference<>("");
        int status = CommandLineFactory.of(
                        environment,
                        (parsed, ca) -> {
                            String option = ca.chosen();
                            chosen.set(
                                    switch (option) {
                                        case CaLocation.FILE_OPTION -> option + " " + ca.file();
                                        case CaLocation.DIRECTORY_OPTION -> option + " " + ca.directory();
                                        default -> option;
                                    });
                            return 0;
                        },
                        new Notices(err))
                .execute(arguments);
        assertThat(status).describedAs(err.text()).isZero();
        return chosen.get();
    }
}
