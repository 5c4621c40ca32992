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

    @ParameterizedTest
    @ValueSource(
            strings = {
                "PUT /r.git/info/lfs/objects/OID",
                "PUT /r.git/gitlab-lfs/objects/OID/123",
                "POST /r.git/info/lfs/verify",
                "POST /r/info/lfs/verify",
                "POST /r/info/lfs/objects",
                "PATCH /r/info/lfs/objects/OID",
                "PUT /r/objects/OID",
                "PUT /team/lfs-storage/ab/OID",
                "POST /r.git/info/lfs/locks",
                "GET /r.git/info/lfs/locks",
                "POST /r/info/lfs/locks/verify",
                "POST /r/info/lfs/locks/12/unlock",
                "PUT /r/info/lfs/objects/batch",
                "PUT /r/INFO/lfs%2fobjects/OID",
                "PUT /r.git/objects/ab/cdef",
                "MKCOL /r.git/objects/ab/",
                "LOCK /r.git/refs/heads/main",
                "LOCK /r.git/info/refs",
                "PUT /r.git/refs/heads/main",
                "MOVE /r.git/objects/ab/cdef_x",
                "DELETE /r.git/refs/heads/main",
                "PROPPATCH /r.git/HEAD",
                "UNLOCK /r.git/info/refs",
                "PUT /r.git/anything",
                "DELETE /r.git",
                "MKCOL /r.git/",
                "PUT /r/objects/ab/cdef",
                "MKCOL /r/objects/ab",
                "PUT /r/refs/heads/main",
                "LOCK /r/info/refs",
                "PUT /r/info/refs",
                "put /R/Refs/heads/main",
                "DELETE /r/refs%2fheads/x",
                "PUT /r/objects/pack/pack-1.pack",
                "PUT /r/x/../refs/heads/main",
                "DELETE /r/refs",
                "MOVE /r/refs/",
                "PUT /r/packed-refs",
                "MOVE /r/objects",
                "LOCK /r/HEAD",
                "POST /r.git/objects/ab/cdef"
            })
    void deniesEveryOtherWayToPush(String request) {
        for (String host : List.of("git.example", "open.example", "unlisted.example", "v1.example")) {
            assertThat(judged(method(request), "https://" + host + path(request)))
                    .as(host)
                    .isEqualTo("git_push");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /r.git/HEAD",
                "GET /r.git/info/refs",
                "GET /r.git/objects/info/packs",
                "GET /r/objects/info/packs",
                "GET /r/objects/info/http-alternates",
                "GET /r/objects/ab/0123456789012345678901234567890123456a",
                "HEAD /r.git/objects/pack/pack-1.idx",
                "GET /r/objects/pack/pack-1.pack",
                "GET /r.git/packed-refs",
                "GET /.git/config",
                "PROPFIND /r.git/refs/heads/",
                "GET /r.git/info/lfs/objects/OID",
                "GET /r/lfs/objects/OID",
                "GET /r.git/gitlab-lfs/objects/OID"
            })
    void takesDumbReadsAndLfsDownloadsForAFetch(String request) {
        assertThat(judged(method(request), "https://git.example" + path(request)))
                .isEqualTo("allow");
        assertThat(judged(method(request), "https://open.example" + path(request)))
                .isEqualTo("git_fetch");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "DELETE /crm/v3/objects/contacts/1",
                "PUT /v1/objects",
                "DELETE /v1/objects",
                "PUT /v1/head",
                "PUT /v1/config",
                "PUT /v1/objects/Article/7",
                "PUT /v1/info/5",
                "GET /repos/o/r/git/refs/heads/main",
                "POST /repos/o/r/git/refs",
                "GET /o/r.git",
                "GET /r.git/@v/list",
                "PUT /cas/OID",
                "GET /v2/objects/12",
                "DELETE /v2/objects/12",
                "PUT /v2/objects/info",
                "DELETE /v2/objects/ab?force=1",
                "MKCOL /dav/files/",
                "PUT /dav/files/a.txt",
                "GET /info/about"
            })
    void takesNoOtherFilesForGit(String request) {
        assertThat(judged(method(request), "https://open.example" + path(request), "Content-Type: application/json"))
                .isEqualTo("allow");
    }

    @ParameterizedTest
    @ValueSource(strings = {"Accept: application/vnd.git-lfs+json", "Content-Type: application/vnd.git-lfs+json; x=y"})
    void knowsLfsByItsMediaTypeWhereverItAsks(String field) {
        assertThat(judged("POST", "https://git.example/somewhere", field, "Content-Type: a/b"))
                .isEqualTo("git_push");
        assertThat(judged("GET", "https://open.example/somewhere", field)).isEqualTo("git_fetch");
    }

    @ParameterizedTest
    @ValueSource(strings = {"X-HTTP-Method-Override: PUT", "X-Method-Override: MKCOL"})
    void looksAtTheMethodThatIsAskedFor(String field) {
        assertThat(judged("POST", "https://git.example/r/refs/heads/main", field))
                .isEqualTo("git_push");
    }

    private static String method(String request) {
        return request.substring(0, request.indexOf(' '));
    }

    private static String path(String request) {
        return request.substring(request.indexOf(' ') + 1).replace("OID", "0123456789abcdef".repeat(4));
    }
}
