package egress.clients;

import static org.assertj.core.api.Assertions.assertThat;

import egress.exchange.Inspection.Effect;
import egress.gate.Gate;
import egress.policy.Route;
import egress.server.CaLeaves;
import egress.server.config.DlpConfig;
import egress.server.dlp.DlpEngine;
import egress.server.dlp.judge.ScanWatch;
import egress.testkit.Alpn;
import egress.testkit.TestCa;
import egress.testkit.Tool;
import egress.testkit.origin.Origin;
import egress.testkit.origin.OriginExchange;
import egress.testkit.origin.RecordedRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Clients follow links that storage services sign, through a gate that scans with its defaults. */
class SignedLinksTest {
    private static final String FORGE = "github.com";
    private static final String REGISTRY = "registry.example";
    private static final String STORE = "store.example";
    private static final String REPOSITORY = "team/tool.git";
    private static final byte[] FILE = new byte[100_000];
    private static final int OBJECTS = 5;

    private static final String KEY = "ASIAQ7WX4K2NZB6HTRVE";
    private static final String SESSION =
            "IQoJb3JpZ2luX2VjEJ7Xk2LmQw9RtVb4Nc8YpZs3HdG6fKa1UeT5oWx7Mz0Bq2Jn4Lv6Cr8Ds1Fg3Hk5Pt7Ry9Uw2Ex4Ai6"
                    + "Om8Sn0Kd2Vf4Gh6Jl8Zx0Cb3Nq5Wt7Ym9Pr1Ls4Kv6Hu8Di2Ea5Jo7Fw9Gy3Bc6Tz";
    private static final String JWT =
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJnaXRodWIuY29tIiwiYXVkIjoicmVsZWFzZSIsImtleSI6"
                    + "ImtleTEiLCJleHAiOjE3OTYwMjU2MDB9.Wm93bGVyLXF1aWNrLXNpbHZlci1tb29uLTg4MzQyMQ7xYz";

    /** How services sign. */
    enum Signed {
        S3("X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=" + KEY
                + "%2F20261130%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20261130T080000Z&X-Amz-Expires=300"
                + "&X-Amz-Security-Token=" + SESSION + "&X-Amz-SignedHeaders=host&X-Amz-Signature="
                + "3f9a1c7be2d84056a1b9c3d7e5f80214936d7ab2c4e8f015b7a9d3c6e1f20847"),
        /** A link of an object store of another kind, which asks for the session token besides. */
        GOOGLE("X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Credential=tool%40team.iam.example%2F20261130%2Fauto%2Fstorage"
                + "%2Fgoog4_request&X-Goog-Date=20261130T080000Z&X-Goog-Expires=600&X-Goog-SignedHeaders=host"
                + "&access_token=ya29." + SESSION.substring(20, 140) + "&X-Goog-Signature="
                + "3f9a1c7be2d84056a1b9c3d7e5f80214936d7ab2c4e8f015b7a9d3c6e1f20847"),
        /** As releases of a forge are signed. */
        AZURE("sp=r&sv=2018-11-09&sr=b&spr=https&se=2026-11-30T09%3A00%3A00Z&rscd=attachment%3B+filename%3Dtool.tar.gz"
                + "&rsct=application%2Foctet-stream&sig=Zt7Wb4Xn8q9Lk2Rm5Vc1Yp6Js3Hd0Gf7Ka4Ue2To8Bx%3D&jwt=" + JWT),
        CLOUDFRONT("Expires=1796025600&Key-Pair-Id=K2JCJMDEHXQW5F&Policy=eyJTdGF0ZW1lbnQiOlt7fV19&Signature="
                + SESSION.substring(10, 80) + "~__&token=" + JWT);

        private final String query;

        Signed(String query) {
            this.query = query;
        }
    }

    @TempDir
    Path directory;

    private final LfsStore lfs = new LfsStore();
    private Origin origin;
    private DlpEngine engine;
    private Gate gate;
    private Path authority;

    @BeforeEach
    void start() throws IOException {
        new Random(1).nextBytes(FILE);
        TestCa origins = TestCa.create("origins");
        origin = Origin.tls(origins.leaf(FORGE, REGISTRY, STORE), Alpn.H2_AND_H1);
        List<Route> routes = List.of(
                Route.named(FORGE).gitFetch(true).build(),
                Route.named(REGISTRY).build(),
                Route.named(STORE).gitFetch(true).build());
        engine = DlpEngine.start(
                DlpConfig.defaults(), Optional.empty(), new byte[32], new SecureRandom(), ScanWatch.NONE);
        Gate.Builder builder = CaLeaves.gate()
                .trust(origins.writePem(directory.resolve("origins.pem")))
                .inspector(engine.inspector(routes, List.of(), Map.of()));
        for (Route route : routes) {
            builder.route(route);
        }
        for (String host : List.of(FORGE, REGISTRY, STORE)) {
            builder.pin(host, 443, origin.port());
        }
        gate = builder.start();
        authority = Surroundings.writeAuthority(gate, directory.resolve("ca.pem"));
    }

    @AfterEach
    void stop() throws IOException {
        gate.close();
        engine.close();
        origin.close();
    }

    private Tool tool(String name) {
        String proxy = "http://127.0.0.1:" + gate.port();
        return Tool.require(name, "install " + name)
                .with("HOME", directory.toString())
                .with("https_proxy", proxy)
                .with("HTTPS_PROXY", proxy)
                .within(Duration.ofSeconds(60));
    }

    private Tool.Result curl(String... arguments) throws IOException, InterruptedException {
        return tool("curl")
                .run(List.of(List.of("-q", "-sS", "-f", "--cacert", authority.toString()), List.of(arguments)).stream()
                        .flatMap(List::stream)
                        .toArray(String[]::new));
    }

    private static void respond(OriginExchange exchange, byte[] body, String type) throws IOException {
        exchange.head(200, "content-type", type, "content-length", Integer.toString(body.length));
        exchange.write(body);
        exchange.end();
    }

    private List<String> targets(String path) {
        return origin.requests().stream()
                .map(RecordedRequest::target)
                .filter(target -> target.startsWith(path))
                .toList();
    }

    private void nothingIsBlocked() {
        assertThat(gate.hits())
                .filteredOn(hit -> hit.effect() != Effect.WARNED || hit.place().equals("query"))
                .isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void curlFollowsARedirectToADownload(Signed by) throws Exception {
        String target = "/releases/1/tool.tar.gz?" + by.query;
        origin.on(
                "/team/tool/releases/download/v1/tool.tar.gz",
                exchange -> exchange.respond(302, "", "location", "https://" + STORE + target));
        origin.on("/releases/1/tool.tar.gz", exchange -> respond(exchange, FILE, "application/octet-stream"));
        Path to = directory.resolve("tool.tar.gz");

        curl("-L", "-o", to.toString(), "https://" + FORGE + "/team/tool/releases/download/v1/tool.tar.gz")
                .ok();

        assertThat(to).hasBinaryContent(FILE);
        assertThat(targets("/releases")).containsExactly(target);
        nothingIsBlocked();
    }

    @ParameterizedTest
    @EnumSource(names = {"GOOGLE", "AZURE", "CLOUDFRONT"})
    void curlIsDeniedALinkThatNobodyGave(Signed by) throws Exception {
        Tool.Result result = curl("https://" + STORE + "/releases/1/tool.tar.gz?" + by.query);

        assertThat(result.exit()).as(result.toString()).isEqualTo(22);
        assertThat(result.err()).contains("403");
        assertThat(targets("/releases")).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void pipFollowsARedirectToAWheel(Signed by) throws Exception {
        String file = "alpha-1.0-py3-none-any.whl";
        origin.on(
                "/simple/alpha/",
                exchange -> exchange.respond(
                        200,
                        "<!DOCTYPE html><html><body><a href=\"/files/" + file + "\">" + file + "</a></body></html>",
                        "content-type",
                        "text/html"));
        origin.on(
                "/files/" + file,
                exchange -> exchange.respond(302, "", "location", "https://" + STORE + "/" + file + "?" + by.query));
        origin.on("/" + file, exchange -> respond(exchange, wheel(), "application/octet-stream"));

        tool("python3")
                .with("PIP_CONFIG_FILE", "/dev/null")
                .with("PIP_CERT", authority.toString())
                .run(
                        "-m",
                        "pip",
                        "install",
                        "--no-deps",
                        "--no-cache-dir",
                        "--disable-pip-version-check",
                        "--quiet",
                        "--index-url",
                        "https://" + REGISTRY + "/simple/",
                        "--target",
                        directory.resolve("lib").toString(),
                        "alpha")
                .ok();

        assertThat(directory.resolve("lib").resolve("alpha").resolve("__init__.py"))
                .exists();
        assertThat(targets("/alpha-1.0")).hasSize(1);
        nothingIsBlocked();
    }

    private static byte[] wheel() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            Map<String, String> files = Map.of(
                    "alpha/__init__.py", "",
                    "alpha-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: alpha\nVersion: 1.0\n",
                    "alpha-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
                    "alpha-1.0.dist-info/RECORD", "");
            for (Map.Entry<String, String> file : files.entrySet()) {
                zip.putNextEntry(new ZipEntry(file.getKey()));
                zip.write(file.getValue().getBytes(StandardCharsets.UTF_8));
            }
        }
        return bytes.toByteArray();
    }

    private Tool git() {
        Tool.require("git-lfs", "install git-lfs");
        return tool("git")
                .with("GIT_CONFIG_NOSYSTEM", "1")
                .with("GIT_TERMINAL_PROMPT", "0")
                .with("GIT_SSL_CAINFO", authority.toString())
                .with("GIT_AUTHOR_NAME", "a")
                .with("GIT_AUTHOR_EMAIL", "a@tool.example")
                .with("GIT_COMMITTER_NAME", "a")
                .with("GIT_COMMITTER_EMAIL", "a@tool.example")
                .with("GIT_LFS_SKIP_SMUDGE", "1");
    }

    /** Objects in a repository, pushed to the store where no gate stands between. */
    private Path pushed() throws Exception {
        Path work = Files.createDirectories(directory.resolve("work"));
        git().run("init", "-q", "-b", "main", work.toString()).ok();
        git().in(work).run("lfs", "install", "--local").ok();
        git().in(work).run("lfs", "track", "*.bin").ok();
        for (int i = 0; i < OBJECTS; i++) {
            byte[] large = new byte[50_000 + i];
            new Random(i).nextBytes(large);
            Files.write(work.resolve("large" + i + ".bin"), large);
        }
        git().in(work).run("add", "-A").ok();
        git().in(work).run("commit", "-q", "-m", "first").ok();
        try (Origin open = Origin.plain()) {
            lfs.serve(open, "http://127.0.0.1:" + open.port(), REPOSITORY);
            git().in(work).run("config", "lfs.locksverify", "false").ok();
            git().in(work)
                    .run("lfs", "push", "--all", "http://127.0.0.1:" + open.port() + "/" + REPOSITORY)
                    .ok();
        }
        return work;
    }

    /** A clone of it, without the objects. */
    private Path cloned(Path work) throws Exception {
        Path clone = directory.resolve("clone");
        git().run("clone", "-q", work.toString(), clone.toString()).ok();
        git().in(clone).run("lfs", "install", "--local", "--skip-smudge").ok();
        git().in(clone)
                .run("config", "lfs.url", "https://" + FORGE + "/" + REPOSITORY + "/info/lfs")
                .ok();
        return clone;
    }

    private void pulls(Path clone, Path work) throws Exception {
        Tool.Result pull = git().in(clone).run("lfs", "pull");
        assertThat(pull.exit())
                .as(() -> pull + "\n" + gate.refusals() + "\n" + gate.hits())
                .isZero();
        for (int i = 0; i < OBJECTS; i++) {
            assertThat(clone.resolve("large" + i + ".bin")).hasSameBinaryContentAs(work.resolve("large" + i + ".bin"));
        }
        assertThat(targets("/lfs/objects/")).hasSize(OBJECTS);
    }

    @ParameterizedTest
    @EnumSource
    void gitFetchesLfsObjectsByTheLinksOfABatch(Signed by) throws Exception {
        Path work = pushed();
        lfs.serve(origin, "https://" + STORE, REPOSITORY, "?" + by.query);
        origin.otherwise(lfs::transfer);

        pulls(cloned(work), work);

        assertThat(targets("/lfs/objects/")).allMatch(target -> target.endsWith("?" + by.query));
        nothingIsBlocked();
    }

    /** A server that gives out a token for each transfer: no finding, and removed as what agents send in that field always is. */
    @Test
    void gitFetchesLfsObjectsWithWhatABatchSaysIsToBeSent() throws Exception {
        Path work = pushed();
        lfs.serve(origin, "https://" + STORE, REPOSITORY, "", "Bearer " + JWT);
        origin.otherwise(lfs::transfer);

        pulls(cloned(work), work);

        assertThat(origin.requests())
                .filteredOn(request -> request.target().startsWith("/lfs/objects/"))
                .allMatch(request -> request.value("authorization").isEmpty());
        nothingIsBlocked();
        Tool.Result other =
                curl("-H", "Authorization: Bearer " + JWT, "https://" + STORE + "/lfs/objects/" + "0".repeat(64));
        assertThat(other.err()).contains("403");
    }

    @Test
    void curlSendsBackTheCookieOfALogin() throws Exception {
        origin.on(
                "/login",
                exchange -> exchange.respond(200, "", "set-cookie", "session=" + JWT + "; Path=/; Secure; HttpOnly"));
        origin.on("/private", exchange -> exchange.respond(200, "yours"));
        Path jar = directory.resolve("jar");

        curl("-c", jar.toString(), "https://" + FORGE + "/login").ok();
        Tool.Result with = curl("-b", jar.toString(), "https://" + FORGE + "/private");
        Tool.Result without = curl("-H", "Cookie: session=" + JWT, "https://" + REGISTRY + "/private");

        assertThat(with.ok().out()).isEqualTo("yours");
        assertThat(without.err()).contains("403");
    }
}
