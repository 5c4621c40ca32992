package egress.dlp.builtin;

import static org.assertj.core.api.Assertions.assertThat;

import egress.dlp.BodySource;
import egress.dlp.Finding;
import egress.dlp.HeaderField;
import egress.dlp.ScanOptions;
import egress.dlp.ScanRequest;
import egress.dlp.ScanVerdict;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A link that a storage service signed is followed; what only looks a little like one is not. */
final class PresignedUrlTest {
    private final Templates templates = new Templates(new Random(23));
    private final String key = templates.expand("ASIA<16:A-Z2-7>");
    private final String session =
            templates.expand("IQoJb3JpZ2lu<200:A-Za-z0-9>") + "%2F" + templates.expand("<40:A-Za-z0-9>") + "%3D";
    private final String signature = templates.expand("<64:a-f0-9>");
    private final String azure = templates.expand("<43:A-Za-z0-9>") + "%3D";
    private final BuiltInScanner scanner =
            new BuiltInScanner(List.of(Fixture.latin(signature)), new byte[32], Runnable::run);
    private final BuiltInScanner stranger = new BuiltInScanner(List.of(), new byte[32], Runnable::run);

    private String s3() {
        return "/bucket/lfs/4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393?X-Amz-Algorithm=AWS4-HMAC-SHA256"
                + "&X-Amz-Credential=" + key + "%2F20261130%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20261130T080000Z"
                + "&X-Amz-Expires=300&X-Amz-Security-Token=" + session + "&X-Amz-SignedHeaders=host&X-Amz-Signature="
                + signature;
    }

    private String azure() {
        return "/releases/1/asset?sp=r&sv=2018-11-09&sr=b&spr=https&se=2026-11-30T09%3A00%3A00Z"
                + "&rscd=attachment%3B+filename%3Dtool.tar.gz&rsct=application%2Foctet-stream&sig=" + azure
                + "&response-content-disposition=attachment%3B%20filename%3Dtool.tar.gz";
    }

    private String older() {
        return "/bucket/wheel.whl?AWSAccessKeyId=" + templates.expand("AKIA<16:A-Z2-7>") + "&Signature="
                + templates.expand("<27:A-Za-z0-9>") + "%3D&Expires=1796025600";
    }

    private static ScanVerdict ask(BuiltInScanner scanner, String method, String target) {
        return scanner.scanNow(new ScanRequest(
                "storage.example", method, target, List.of(), BodySource.empty(), List.of(), ScanOptions.defaults()));
    }

    @Test
    void aWholeLinkOnlyWarns() {
        for (String target : List.of(s3(), azure(), older())) {
            ScanVerdict verdict = ask(stranger, "GET", target);
            assertThat(verdict).as(target).isInstanceOf(ScanVerdict.Clean.class);
            assertThat(Fixture.findings(verdict)).as(target).isNotEmpty();
            assertThat(ask(stranger, "HEAD", target)).isInstanceOf(ScanVerdict.Clean.class);
        }
    }

    @Test
    void aLinkThatChangesSomethingIsBlocked() {
        for (String target : List.of(s3(), azure(), older())) {
            assertThat(ask(stranger, "PUT", target)).as(target).isInstanceOf(ScanVerdict.Found.class);
            assertThat(ask(stranger, "POST", target)).as(target).isInstanceOf(ScanVerdict.Found.class);
        }
    }

    @Test
    void aLinkThatIsNotWholeIsBlocked() {
        for (String target : List.of(
                s3().replace("&X-Amz-Signature=" + signature, ""),
                s3().replace(signature, signature.substring(1)),
                s3().replace("X-Amz-Date=2026", "X-Amz-Date=now"),
                s3().replace("%2Fs3%2F", "%2Fsts%2F"),
                s3() + "&X-Amz-Signature=" + signature,
                azure().replace("&sr=b", ""),
                azure().replace("sp=r&", "sp=racwd&"),
                older().replace("&Expires=1796025600", ""))) {
            assertThat(ask(stranger, "GET", target)).as(target).isInstanceOf(ScanVerdict.Found.class);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"&note=", "&X-Amz-Meta-Note=", "&response-content-disposition="})
    void anotherTokenInALinkIsBlocked(String parameter) {
        String token = templates.expand("ghp_<36:A-Za-z0-9>");
        for (String target : List.of(
                s3() + parameter + token, azure().replace("response-content-disposition", "a") + parameter + token)) {
            ScanVerdict verdict = ask(stranger, "GET", target);
            assertThat(verdict).as(target).isInstanceOf(ScanVerdict.Found.class);
            assertThat(((ScanVerdict.Found) verdict).first().detector()).isEqualTo("github_token");
        }
        assertThat(ask(stranger, "GET", s3().replace(session, token))).isInstanceOf(ScanVerdict.Found.class);
    }

    @Test
    void aKnownSecretIsNeverExcused() {
        ScanVerdict verdict = ask(scanner, "GET", s3());
        assertThat(verdict).isInstanceOf(ScanVerdict.Found.class);
        assertThat(Fixture.findings(verdict))
                .filteredOn(Finding::blocks)
                .extracting(Finding::detector)
                .containsOnly("known_secret");
    }

    @Test
    void theKeyOfALinkIsBlockedElsewhere() {
        ScanRequest request = new ScanRequest(
                "storage.example",
                "GET",
                s3(),
                List.of(new HeaderField("x-note", key)),
                BodySource.empty(),
                List.of(),
                ScanOptions.defaults());
        assertThat(stranger.scanNow(request)).isInstanceOf(ScanVerdict.Found.class);
    }
}
