package egress.policy;

import static egress.policy.ExamplePolicy.POLICY;
import static egress.policy.ExamplePolicy.fields;
import static egress.policy.ExamplePolicy.judged;
import static org.assertj.core.api.Assertions.assertThat;

import egress.http.Authority;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Git over HTTP: a push is denied everywhere, a fetch needs the leave of its route, and what only looks like either is neither. */
final class GitPolicyTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "/a.git/git-receive-pack",
                "/a.git/info/refs?service=git-receive-pack",
                "/a/info/refs?x=y&service=git-receive-pack&z",
                "/a/info/refs?service=git-upload-pack&service=git-receive-pack",
                "/a/info/refs?service=git-receive-pack;x",
                "/a/info/refs?service=git%2Dreceive%2Dpack",
                "/a/info/refs?%73ervice=git-receive-pack",
                "/a/info/refs?service=git%252dreceive-pack",
                "/a/info/refs?service=+git-receive-pack",
                "/a/info/refs?service=GIT-receive-PACK",
                "/A/INFO/REFS?SERVICE=git-receive-pack",
                "/a/Git-Receive-Pack",
                "/a/git%2dreceive-pack",
                "/a/git-receive-pac%256b",
                "/a/x/../git-receive-pack",
                "/a/git-receive-pack/",
                "/a/git-receive-pack//",
                "/a/git-receive-pack;x",
                "/a/git-receive-pack/.",
                "/a/info%2frefs?service=git-receive-pack",
                "/a/info\\refs?service=git-receive-pack",
                "/a/info//refs?service=git-receive-pack",
                "/a/info/./refs?service=git-receive-pack",
                "/a/info/refs/?service=git-receive-pack",
                "/a/info/refs%3fservice=git-receive-pack",
                "/a/info/refs%253fservice=git-receive-pack",
                "/a/git-receive-pack%3fx",
                "/a/git-receive-pack?x=y",
                "/git-receive-pack",
                "/a/git-receive-pack%20",
                "/a%2fgit-receive-pack"
            })
    void deniesGitPushOnEveryHostUnderEveryReading(String target) {
        for (String host : List.of("git.example", "open.example", "unlisted.example", "v1.example")) {
            assertThat(judged("POST", "https://" + host + target)).as(host).isEqualTo("git_push");
        }
        Verdict verdict = POLICY.judge(
                new RequestHead(true, new Authority("git.example", 443), "POST", "/a/git-receive-pack", fields()));
        assertThat(((Verdict.Deny) verdict).words()).contains("git gate");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/a.git/git-upload-pack",
                "/a/info/refs?service=git-upload-pack",
                "/a/info/refs?x&service=git%2dupload-pack",
                "/a/info/refs",
                "/a/info/refs?service=other",
                "/a/GIT-UPLOAD-PACK",
                "/a/git-upload%2dpack",
                "/a/git-upload-archive",
                "/a/./git-upload-pack"
            })
    void allowsGitFetchOnlyWhereTheRouteSaysSo(String target) {
        assertThat(judged("POST", "https://git.example" + target)).isEqualTo("allow");
        assertThat(judged("POST", "https://open.example" + target)).isEqualTo("git_fetch");
        assertThat(judged("POST", "https://unlisted.example" + target)).isEqualTo("host_not_allowed");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/docs/about-git-receive-pack",
                "/a/git-receive-pack/notes",
                "/search?q=git-receive-pack",
                "/info/refs-2",
                "/x-info/refs",
                "/a/git-upload-pack.html",
                "/?service=git-receive-pack"
            })
    void takesNothingElseForGit(String target) {
        assertThat(judged("GET", "https://open.example" + target)).isEqualTo("allow");
    }
}
