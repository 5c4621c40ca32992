package egress.clients;

import static org.assertj.core.api.Assertions.assertThat;

import egress.testkit.Pattern251;
import egress.testkit.Tool;
import egress.testkit.origin.RecordedRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CurlTest extends ClientFixture {
    private static final String INSTALL = "install curl";
    private static final int FIVE_MIB = 5 << 20;
    private static final int CERTIFICATE_NOT_TRUSTED = 60;

    private static Tool.Result curl(String... arguments) throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(List.of(
                "-q",
                "-sS",
                "--proxy",
                "127.0.0.1:" + around.gate().port(),
                "--cacert",
                around.authority().toString()));
        Collections.addAll(all, arguments);
        return Tool.require("curl", INSTALL).run(all.toArray(String[]::new));
    }

    @Test
    void runsTheLineThatPeoplePaste() throws Exception {
        Tool.Result result = Tool.require("curl", INSTALL)
                .with("HOME", directory.toString())
                .run(
                        "--proxy",
                        "127.0.0.1:" + around.gate().port(),
                        "--cacert",
                        around.authority().toString(),
                        "https://h2.example/");

        assertThat(result.ok().out()).isEqualTo("hello from the origin\n");
    }

    @ParameterizedTest
    @CsvSource({
        "--http1.1,h1.example,1.1,HTTP/1.1",
        "--http1.1,h2.example,1.1,HTTP/2",
        "--http2,h1.example,2,HTTP/1.1",
        "--http2,h2.example,2,HTTP/2"
    })
    void speaksEachPairOfVersions(String option, String host, String downstream, String upstream) throws Exception {
        String target = "/echo?pair=" + downstream;
        Tool.Result result = curl(
                option,
                "-H",
                "Authorization: Bearer agents-own",
                "-d",
                "some text",
                "-w",
                "\n%{http_version} %{http_code}",
                "https://" + host + target);

        assertThat(result.ok().out()).isEqualTo("some text\n" + downstream + " 200");
        RecordedRequest seen = around.seen(host, target);
        assertThat(seen.protocol()).isEqualTo(upstream);
        assertThat(seen.values("authorization")).containsExactly(Surroundings.INJECTED);
    }

    @Test
    void sendsPlainHttpInAbsoluteForm() throws Exception {
        Tool.Result result = curl("-d", "in the clear", "-w", " %{http_code}", "http://plain.example/echo");

        assertThat(result.ok().out()).isEqualTo("in the clear 200");
        assertThat(around.seen("plain.example", "/echo").value("host")).hasValue("plain.example");
    }

    @Test
    void tunnelsPlainHttpWhenToldTo() throws Exception {
        Tool.Result result = curl("--proxytunnel", "-w", " %{http_code}", "http://plain.example/");

        assertThat(result.ok().out()).isEqualTo("hello from the origin\n 200");
    }

    @ParameterizedTest
    @CsvSource({"--http1.1,h1.example", "--http1.1,h2.example", "--http2,h1.example", "--http2,h2.example"})
    void uploadsFiveMebibytesAndGetsThemBack(String option, String host) throws Exception {
        Path body = Files.write(directory.resolve("upload"), Pattern251.of(FIVE_MIB));
        Path answer = directory.resolve("answer");

        curl(option, "--data-binary", "@" + body, "-o", answer.toString(), "https://" + host + "/keep")
                .ok();

        assertThat(answer).hasSameBinaryContentAs(body);
    }

    @ParameterizedTest
    @ValueSource(strings = {"--http1.1", "--http2"})
    void readsAsSlowlyAsItLikes(String option) throws Exception {
        Path answer = directory.resolve("slow");
        int size = 3 << 20;

        Tool.Result result = curl(
                option,
                "--limit-rate",
                "2M",
                "-o",
                answer.toString(),
                "-w",
                "%{time_total}",
                "https://h2.example/bytes/" + size);

        assertThat(Double.parseDouble(result.ok().out())).isGreaterThan(0.5);
        assertThat(answer).hasBinaryContent(Pattern251.of(size));
    }

    @ParameterizedTest
    @ValueSource(strings = {"h1.example", "h2.example"})
    void sendsItsBodyOnceTheOriginSaysContinue(String host) throws Exception {
        Tool.Result result = curl(
                "--http1.1",
                "-v",
                "-H",
                "Expect: 100-continue",
                "--expect100-timeout",
                "30",
                "-d",
                "expected",
                "-w",
                " %{time_total}",
                "https://" + host + "/keep");

        String[] answer = result.ok().out().split(" ", 2);
        assertThat(answer[0]).isEqualTo("expected");
        assertThat(Double.parseDouble(answer[1])).isLessThan(20);
        assertThat(result.err()).contains("< HTTP/1.1 100 Continue");
    }

    @ParameterizedTest
    @ValueSource(strings = {"h1.example", "h2.example"})
    void keepsItsBodyWhenTheOriginDoesNotWantItAndAsksAgainOnANewConnection(String host) throws Exception {
        String url = "https://" + host + "/unwanted?n=[1-3]";
        Tool.Result result = curl(
                "--http1.1",
                "-H",
                "Expect: 100-continue",
                "--expect100-timeout",
                "30",
                "-d",
                "unwanted",
                "-w",
                "%{http_code} %{size_upload} %{num_connects}\n",
                "-o",
                "/dev/null",
                url);

        assertThat(result.ok().out().lines()).containsExactly("403 0 1", "403 0 1", "403 0 1");
    }

    @ParameterizedTest
    @CsvSource({"--http1.1,h1.example", "--http1.1,h2.example", "--http2,h1.example", "--http2,h2.example"})
    void asksForAHeadOnly(String option, String host) throws Exception {
        Tool.Result result =
                curl(option, "-I", "-w", "%{size_download}", "https://" + host + "/bytes/1000000", "-m", "10");

        assertThat(result.ok().out().toLowerCase(Locale.ROOT)).contains("content-length: 1000000");
        assertThat(result.out()).endsWith("0");
    }

    @ParameterizedTest
    @ValueSource(strings = {"h1.example", "h2.example"})
    void asksForARange(String host) throws Exception {
        Path answer = directory.resolve("range");

        Tool.Result result =
                curl("-r", "100-199", "-o", answer.toString(), "-w", "%{http_code}", "https://" + host + "/range");

        assertThat(result.ok().out()).isEqualTo("206");
        byte[] expected = new byte[100];
        System.arraycopy(Pattern251.of(200), 100, expected, 0, 100);
        assertThat(answer).hasBinaryContent(expected);
    }

    @Test
    void unpacksWhatTheOriginPacked() throws Exception {
        assertThat(curl("--compressed", "https://h2.example/gzip?n=5000").ok().out())
                .isEqualTo("x".repeat(5000));
    }

    @Test
    void keepsOneConnectionForManyRequests() throws Exception {
        Tool.Result result =
                curl("--http1.1", "-o", "/dev/null", "-w", "%{num_connects} ", "https://h1.example/?n=[1-5]");

        assertThat(result.ok().out()).isEqualTo("1 0 0 0 0 ");
    }

    @Test
    void multiplexesFortyStreamsOnOneConnection() throws Exception {
        Tool.Result result = curl(
                "--http2",
                "--parallel",
                "--parallel-max",
                "40",
                "-o",
                "/dev/null",
                "-w",
                "%{http_code} %{size_download}\n",
                "https://h2.example/bytes/70000?n=[1-40]");

        assertThat(result.ok().out().lines()).hasSize(40).containsOnly("200 70000");
    }

    @Test
    void isRefusedAnotherHostInWords() throws Exception {
        Tool.Result result = curl("-w", "%{http_code}", "https://other.example/");

        assertThat(result.ok().out())
                .startsWith("egress: host other.example is not allowed")
                .endsWith("403");
    }

    @Test
    void endsTheHandshakeWithoutTheAuthority() throws Exception {
        Tool.Result result = Tool.require("curl", INSTALL)
                .run("-q", "-sS", "--proxy", "127.0.0.1:" + around.gate().port(), "https://h1.example/");

        assertThat(result.exit()).as(result.toString()).isEqualTo(CERTIFICATE_NOT_TRUSTED);
    }
}
