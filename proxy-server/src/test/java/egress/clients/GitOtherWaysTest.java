package egress.clients;

import static org.assertj.core.api.Assertions.assertThat;

import egress.gate.Gate;
import egress.policy.Route;
import egress.server.CaLeaves;
import egress.testkit.Alpn;
import egress.testkit.TestCa;
import egress.testkit.Tool;
import egress.testkit.origin.Origin;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** git by its other ways, WebDAV and LFS: each pushes where no gate stands between, and through one it only fetches. */
class GitOtherWaysTest {
    private static final String DAV = "dav.example";
    private static final String LFS = "lfs.example";
    private static final String REPOSITORY = "team/tool.git";

    @TempDir
    static Path directory;

    private static final LfsStore STORE = new LfsStore();
    private static Origin dav;
    private static Origin openDav;
    private static Origin lfs;
    private static Origin openLfs;
    private static Gate gate;
    private static Path authority;
    private static Path served;
    private static Path work;

    @BeforeAll
    static void start() throws IOException, InterruptedException {
        served = directory.resolve("served");
        work = makeRepository();
        TestCa origins = TestCa.create("origins");
        dav = Origin.tls(origins.leaf(DAV), Alpn.H1);
        lfs = Origin.tls(origins.leaf(LFS), Alpn.H2_AND_H1);
        openDav = Origin.plain();
        openLfs = Origin.plain();
        DavRepository.serve(dav, served);
        DavRepository.serve(openDav, served);
        STORE.serve(lfs, "https://" + LFS, REPOSITORY);
        STORE.serve(openLfs, "http://127.0.0.1:" + openLfs.port(), REPOSITORY);
        gate = CaLeaves.gate()
                .trust(origins.writePem(directory.resolve("origins.pem")))
                .route(Route.named(DAV).gitFetch(true).build())
                .route(Route.named(LFS).gitFetch(true).build())
                .pin(DAV, 443, dav.port())
                .pin(LFS, 443, lfs.port())
                .start();
        authority = Surroundings.writeAuthority(gate, directory.resolve("ca.pem"));
    }

    @AfterAll
    static void stop() throws IOException {
        gate.close();
        for (Origin each : List.of(dav, openDav, lfs, openLfs)) {
            each.close();
        }
    }

    private static Tool git() {
        Tool.require("git-lfs", "install git-lfs");
        return Git.in(directory);
    }

    /** git as an agent runs it behind the gate. */
    private static Tool agents() {
        return git().with("HTTPS_PROXY", "http://127.0.0.1:" + gate.port())
                .with("GIT_SSL_CAINFO", authority.toString());
    }

    private static Path makeRepository() throws IOException, InterruptedException {
        Path tree = Files.createDirectories(directory.resolve("work"));
        git().run("init", "-q", "-b", "main", tree.toString()).ok();
        git().in(tree).run("lfs", "install", "--local").ok();
        git().in(tree).run("lfs", "track", "*.bin").ok();
        byte[] large = new byte[100_000];
        new Random(1).nextBytes(large);
        Files.write(tree.resolve("large.bin"), large);
        commit(tree, "first");
        Path bare = served.resolve(REPOSITORY);
        git().run("clone", "-q", "--bare", tree.toString(), bare.toString()).ok();
        git().in(bare).run("update-server-info").ok();
        return tree;
    }

    private static void commit(Path tree, String words) throws IOException, InterruptedException {
        Files.writeString(tree.resolve("words"), words);
        git().in(tree).run("add", "-A").ok();
        git().in(tree).run("commit", "-q", "-m", words).ok();
    }

    private static String head() throws IOException, InterruptedException {
        return git().in(served.resolve(REPOSITORY))
                .run("rev-parse", "main")
                .ok()
                .out();
    }

    private static List<String> writes(Origin origin) {
        return origin.requests().stream()
                .filter(request -> DavRepository.WRITES.contains(request.method()))
                .map(request -> request.method() + " " + request.target())
                .toList();
    }

    @Test
    void pushesByWebDavNowhere() throws Exception {
        Path clone = directory.resolve("dumb");
        agents().with("GIT_LFS_SKIP_SMUDGE", "1")
                .run("clone", "-q", "https://" + DAV + "/" + REPOSITORY + "/", clone.toString())
                .ok();
        commit(clone, "by WebDAV");
        String before = head();

        Tool.Result push = agents().in(clone).run("push", "--no-verify", "origin", "HEAD:main");
        Tool.Result dumb =
                agents().in(clone).run("http-push", "--verbose", "https://" + DAV + "/" + REPOSITORY + "/", "main");

        assertThat(push.exit()).isNotZero();
        assertThat(push.err()).contains("git push over http is not allowed on any host: push through the git gate");
        assertThat(dumb.exit()).as(dumb.toString()).isNotZero();
        assertThat(writes(dav)).isEmpty();
        assertThat(head()).isEqualTo(before);
        assertThat(dav.requests())
                .anySatisfy(request -> assertThat(request.method()).isEqualTo("PROPFIND"));

        String open = "http://127.0.0.1:" + openDav.port() + "/" + REPOSITORY + "/";
        git().in(clone).run("http-push", open, "main").ok();
        assertThat(head()).as("the same without a gate").isNotEqualTo(before);
        assertThat(writes(openDav))
                .anyMatch(write -> write.startsWith("MOVE "))
                .anyMatch(write -> write.startsWith("LOCK "));
    }

    @Test
    void pushesLfsObjectsNowhereAndFetchesThem() throws Exception {
        String remote = "https://" + LFS + "/" + REPOSITORY;
        git().in(work).run("config", "lfs.locksverify", "false").ok();
        git().in(work).run("config", "lfs.concurrenttransfers", "1").ok();

        Tool.Result push = agents().in(work).run("lfs", "push", "--all", remote);

        assertThat(push.exit()).as(push.toString()).isNotZero();
        assertThat(lfs.requests()).noneMatch(request -> request.target().contains("lfs"));
        assertThat(STORE.objects()).isEmpty();

        git().in(work)
                .run("lfs", "push", "--all", "http://127.0.0.1:" + openLfs.port() + "/" + REPOSITORY)
                .ok();
        assertThat(STORE.objects()).as("the same without a gate").hasSize(1);

        Path clone = directory.resolve("fetching");
        git().with("GIT_LFS_SKIP_SMUDGE", "1")
                .run("clone", "-q", work.toString(), clone.toString())
                .ok();
        git().in(clone).run("lfs", "install", "--local", "--skip-smudge").ok();
        git().in(clone).run("config", "lfs.url", remote + "/info/lfs").ok();
        assertThat(clone.resolve("large.bin")).content().startsWith("version https://git-lfs");
        agents().in(clone).run("lfs", "pull").ok();
        assertThat(clone.resolve("large.bin")).hasSameBinaryContentAs(work.resolve("large.bin"));
        assertThat(writes(lfs)).isEmpty();
    }

    @Test
    void asksAboutLocksOfLfsNowhere() throws Exception {
        String remote = "https://" + LFS + "/" + REPOSITORY;
        git().in(work).run("config", "lfs.url", remote + "/info/lfs").ok();
        try {
            Tool.Result lock = agents().in(work).run("lfs", "lock", "large.bin");

            assertThat(lock.exit()).as(lock.toString()).isNotZero();
            assertThat(lfs.requests()).noneMatch(request -> request.target().contains("locks"));
        } finally {
            git().in(work).run("config", "--unset", "lfs.url").ok();
        }
    }
}
