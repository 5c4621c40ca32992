package egress.clients;

import static org.assertj.core.api.Assertions.assertThat;

import egress.gate.Gate;
import egress.policy.Credential;
import egress.policy.Route;
import egress.server.CaLeaves;
import egress.testkit.Alpn;
import egress.testkit.TestCa;
import egress.testkit.Tool;
import egress.testkit.origin.Origin;
import egress.testkit.origin.RecordedRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** git over smart HTTP: it may fetch where the route says so, and push nowhere. */
class GitTest {
    private static final int BLOB = 2 << 20;
    private static final String REPOSITORY = "team/tool.git";

    @TempDir
    static Path directory;

    private static Origin h1;
    private static Origin h2;
    private static Gate gate;
    private static Path authority;
    private static Path source;

    @BeforeAll
    static void start() throws IOException, InterruptedException {
        Path root = directory.resolve("served");
        source = makeRepository(root.resolve(REPOSITORY));
        TestCa origins = TestCa.create("origins");
        h1 = Origin.tls(origins.leaf("h1.example"), Alpn.H1);
        h2 = Origin.tls(origins.leaf("h2.example", "closed.example"), Alpn.H2_AND_H1);
        GitBackend.serve(h1, git(), root, REPOSITORY);
        GitBackend.serve(h2, git(), root, REPOSITORY);
        gate = CaLeaves.gate()
                .trust(origins.writePem(directory.resolve("origins.pem")))
                .route(fetching("h1.example"))
                .route(fetching("h2.example"))
                .route(Route.named("closed.example").build())
                .pin("h1.example", 443, h1.port())
                .pin("h2.example", 443, h2.port())
                .pin("closed.example", 443, h2.port())
                .start();
        authority = Surroundings.writeAuthority(gate, directory.resolve("ca.pem"));
    }

    @AfterAll
    static void stop() throws IOException {
        gate.close();
        h1.close();
        h2.close();
    }

    private static Route fetching(String host) {
        return Route.named(host)
                .credential(Credential.basic("x-access-token:injected"))
                .gitFetch(true)
                .build();
    }

    /** git as it comes, without what the machine has set for it. */
    private static Tool git() {
        return Git.in(directory);
    }

    /** A bare repository that takes pushes; its work tree holds a file that does not compress. */
    private static Path makeRepository(Path bare) throws IOException, InterruptedException {
        Path work = Files.createDirectories(directory.resolve("work"));
        git().run("init", "-q", "-b", "main", work.toString()).ok();
        byte[] blob = new byte[BLOB];
        new Random(1).nextBytes(blob);
        Files.write(work.resolve("blob"), blob);
        commit(work, "first");
        git().run("clone", "-q", "--bare", work.toString(), bare.toString()).ok();
        git().in(bare).run("config", "http.receivepack", "true").ok();
        return work;
    }

    private static void commit(Path work, String words) throws IOException, InterruptedException {
        Files.writeString(work.resolve("words"), words);
        git().in(work).run("add", "-A").ok();
        git().in(work).run("commit", "-q", "-m", words).ok();
    }

    /** git as an agent runs it behind the gate. */
    private static Tool agents(String version) {
        return git().with("HTTPS_PROXY", "http://127.0.0.1:" + gate.port())
                .with("GIT_SSL_CAINFO", authority.toString())
                .with("GIT_CONFIG_COUNT", "1")
                .with("GIT_CONFIG_KEY_0", "http.version")
                .with("GIT_CONFIG_VALUE_0", version);
    }

    private static String url(String host) {
        return "https://" + host + "/" + REPOSITORY;
    }

    @ParameterizedTest
    @CsvSource({"HTTP/1.1,h1.example", "HTTP/1.1,h2.example", "HTTP/2,h1.example", "HTTP/2,h2.example"})
    void clonesAndFetchesWhatCameLater(String version, String host) throws Exception {
        Path clone = directory.resolve("clone-" + host + version.replace('/', '-'));

        agents(version).run("clone", "-q", url(host), clone.toString()).ok();

        assertThat(clone.resolve("blob")).hasSameBinaryContentAs(source.resolve("blob"));

        commit(source, "later, for " + clone.getFileName());
        git().in(source)
                .run(
                        "push",
                        "-q",
                        directory.resolve("served").resolve(REPOSITORY).toString(),
                        "main")
                .ok();
        agents(version).in(clone).run("pull", "-q", "--ff-only").ok();

        assertThat(clone.resolve("words")).hasContent("later, for " + clone.getFileName());
        List<RecordedRequest> seen = (host.equals("h1.example") ? h1 : h2).requests();
        assertThat(seen)
                .isNotEmpty()
                .allSatisfy(request -> assertThat(request.value("authorization"))
                        .hasValueSatisfying(value -> assertThat(value).startsWith("Basic ")));
    }

    @Test
    void clonesOneCommitDeep() throws Exception {
        Path clone = directory.resolve("shallow");

        agents("HTTP/2")
                .run("clone", "-q", "--depth=1", url("h2.example"), clone.toString())
                .ok();

        assertThat(git().in(clone).run("rev-list", "--count", "HEAD").ok().out())
                .isEqualTo("1\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"HTTP/1.1", "HTTP/2"})
    void isToldToPushThroughTheGitGate(String version) throws Exception {
        Path clone = directory.resolve("pushing-" + version.replace('/', '-'));
        agents(version).run("clone", "-q", url("h2.example"), clone.toString()).ok();
        commit(clone, "not to leave");
        Path served = directory.resolve("served").resolve(REPOSITORY);
        String before = git().in(served).run("rev-parse", "main").ok().out();

        Tool.Result push = agents(version).in(clone).run("push", "origin", "HEAD:main");

        assertThat(push.exit()).isNotZero();
        assertThat(push.err())
                .contains("403")
                .contains("git push over http is not allowed on any host: push through the git gate");
        assertThat(git().in(served).run("rev-parse", "main").ok().out()).isEqualTo(before);
        assertThat(h2.requests()).noneMatch(request -> request.target().contains("receive-pack"));
    }

    @Test
    void mayNotCloneWhereTheRouteDoesNotSaySo() throws Exception {
        Tool.Result clone = agents("HTTP/2")
                .run("clone", url("closed.example"), directory.resolve("closed").toString());

        assertThat(clone.exit()).isNotZero();
        assertThat(clone.err())
                .contains("403")
                .contains("git fetch from closed.example is not allowed: its route has no git: {fetch: true}");
        assertThat(h2.requests())
                .noneMatch(request -> request.value(":authority").orElse("").contains("closed"));
    }
}
