package egress.clients;

import egress.testkit.Alpn;
import egress.testkit.TestCa;
import egress.testkit.Tool;
import egress.testkit.origin.Origin;
import egress.testkit.origin.OriginExchange;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Registries, a git host and an LLM's API under names of {@code .example}, with what pip, npm, cargo, git and an SDK ask of them. */
final class RecordedClients implements AutoCloseable {
    static final List<String> HOSTS =
            List.of("pypi.example", "files.example", "npm.example", "crates.example", "git.example", "llm.example");

    private static final List<String> PACKAGES = List.of("alpha", "beta", "gamma", "delta");
    private static final String REPOSITORY = "team/tool.git";

    final TestCa authority = TestCa.create("registries");
    final Origin origin;
    private final Path directory;

    RecordedClients(Path directory) throws IOException, InterruptedException {
        this.directory = directory;
        this.origin = Origin.tls(authority.leaf(HOSTS.toArray(String[]::new)), Alpn.H2_AND_H1);
        for (String name : PACKAGES) {
            python(name);
            node(name);
            rust(name);
        }
        origin.on(
                "/index/config.json",
                exchange -> exchange.respond(
                        200,
                        "{\"dl\":\"https://crates.example/dl/{crate}/{version}/download\"}",
                        "content-type",
                        "application/json"));
        git();
        model();
    }

    @Override
    public void close() throws IOException {
        origin.close();
    }

    private static void respond(OriginExchange exchange, byte[] body, String type) throws IOException {
        exchange.head(200, "content-type", type, "content-length", Integer.toString(body.length));
        exchange.write(body);
        exchange.end();
    }

    private static byte[] digest(String algorithm, byte[] of) {
        try {
            return MessageDigest.getInstance(algorithm).digest(of);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    private void python(String name) throws IOException {
        String file = name + "-1.0-py3-none-any.whl";
        byte[] wheel = zip(new TreeMap<>(Map.of(
                name + "/__init__.py", "",
                name + "-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: " + name + "\nVersion: 1.0\n",
                name + "-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
                name + "-1.0.dist-info/RECORD", "")));
        String sum = HexFormat.of().formatHex(digest("SHA-256", wheel));
        String path =
                "/packages/" + sum.substring(0, 2) + "/" + sum.substring(2, 4) + "/" + sum.substring(4) + "/" + file;
        origin.on(
                "/simple/" + name + "/",
                exchange -> exchange.respond(
                        200,
                        "<!DOCTYPE html><html><body><a href=\"https://files.example" + path + "#sha256=" + sum + "\">"
                                + file + "</a></body></html>",
                        "content-type",
                        "text/html"));
        origin.on(path, exchange -> respond(exchange, wheel, "application/octet-stream"));
    }

    private static byte[] zip(Map<String, String> files) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            for (Map.Entry<String, String> file : files.entrySet()) {
                zip.putNextEntry(new ZipEntry(file.getKey()));
                zip.write(file.getValue().getBytes(StandardCharsets.UTF_8));
            }
        }
        return bytes.toByteArray();
    }

    private void node(String name) throws IOException, InterruptedException {
        String path = "/" + name + "/-/" + name + "-1.0.0.tgz";
        byte[] archive =
                tar(name + "-npm", Map.of("package/package.json", "{\"name\":\"" + name + "\",\"version\":\"1.0.0\"}"));
        String document =
                """
                {"name":"%s","dist-tags":{"latest":"1.0.0"},"versions":{"1.0.0":{"name":"%s","version":"1.0.0",
                "dist":{"tarball":"https://npm.example%s","integrity":"sha512-%s"}}}}""".formatted(name, name, path, Base64.getEncoder().encodeToString(digest("SHA-512", archive)));
        origin.on("/" + name, exchange -> exchange.respond(200, document, "content-type", "application/json"));
        origin.on(path, exchange -> respond(exchange, archive, "application/octet-stream"));
    }

    private void rust(String name) throws IOException, InterruptedException {
        String crate = name + "-1.0.0/";
        byte[] archive = tar(
                name + "-crate",
                Map.of(
                        crate + "Cargo.toml",
                        "[package]\nname = \"" + name + "\"\nversion = \"1.0.0\"\nedition = \"2021\"\n",
                        crate + "src/lib.rs",
                        ""));
        String line =
                "{\"name\":\"%s\",\"vers\":\"1.0.0\",\"deps\":[],\"cksum\":\"%s\",\"features\":{},\"yanked\":false}\n"
                        .formatted(name, HexFormat.of().formatHex(digest("SHA-256", archive)));
        String place = name.substring(0, 2) + "/" + name.substring(2, 4) + "/" + name;
        origin.on("/index/" + place, exchange -> exchange.respond(200, line));
        origin.on("/dl/" + name + "/1.0.0/download", exchange -> respond(exchange, archive, "application/gzip"));
    }

    private byte[] tar(String name, Map<String, String> files) throws IOException, InterruptedException {
        Path root = directory.resolve("archives").resolve(name);
        for (Map.Entry<String, String> file : files.entrySet()) {
            Path path = root.resolve(file.getKey());
            Files.createDirectories(path.getParent());
            Files.writeString(path, file.getValue());
        }
        Path archive = directory.resolve(name + ".tgz");
        String first = files.keySet().iterator().next();
        String top = first.substring(0, first.indexOf('/'));
        Tool.require("tar", "install tar")
                .in(root)
                .run("-czf", archive.toString(), top)
                .ok();
        return Files.readAllBytes(archive);
    }

    /** git as it comes, without what the machine has set for it. */
    private Tool gitTool() {
        return Git.in(directory);
    }

    private void git() throws IOException, InterruptedException {
        Path work = Files.createDirectories(directory.resolve("work"));
        gitTool().run("init", "-q", "-b", "main", work.toString()).ok();
        Files.writeString(work.resolve("words"), "first");
        gitTool().in(work).run("add", "-A").ok();
        gitTool().in(work).run("commit", "-q", "-m", "first").ok();
        Path bare = directory.resolve("served").resolve(REPOSITORY);
        gitTool().run("clone", "-q", "--bare", work.toString(), bare.toString()).ok();
        GitBackend.serve(origin, gitTool(), directory.resolve("served"), REPOSITORY);
    }

    private void model() {
        String message =
                "{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"model-1\",\"content\":%s,"
                        + "\"stop_reason\":%s,\"usage\":{\"input_tokens\":9,\"output_tokens\":3}}";
        origin.on(
                "/v1/models",
                exchange -> json(exchange, "{\"data\":[{\"id\":\"model-1\",\"type\":\"model\"}],\"has_more\":false}"));
        origin.on("/v1/messages/count_tokens", exchange -> json(exchange, "{\"input_tokens\":9}"));
        origin.on(
                "/v1/messages/batches/msgbatch_01HkcTjaV5uDC8jWR4ZsDV8d",
                exchange -> json(
                        exchange, "{\"id\":\"msgbatch_01HkcTjaV5uDC8jWR4ZsDV8d\",\"processing_status\":\"ended\"}"));
        origin.on("/v1/messages", exchange -> {
            String asked = new String(exchange.readAll(), StandardCharsets.UTF_8);
            if (!asked.contains("\"stream\":true")) {
                json(
                        exchange,
                        message.formatted(
                                "[{\"type\":\"tool_use\",\"id\":\"t1\",\"name\":\"weather\",\"input\":{\"city\":\"Bern\"}}]",
                                "\"tool_use\""));
                return;
            }
            exchange.head(200, "content-type", "text/event-stream");
            event(exchange, "message_start", "\"message\":" + message.formatted("[]", "null"));
            event(exchange, "content_block_start", "\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}");
            event(
                    exchange,
                    "content_block_delta",
                    "\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"It rains.\"}");
            event(exchange, "content_block_stop", "\"index\":0");
            event(
                    exchange,
                    "message_delta",
                    "\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":3}");
            event(exchange, "message_stop", "\"end\":true");
            exchange.end();
        });
    }

    private static void json(OriginExchange exchange, String text) throws IOException {
        exchange.drain();
        exchange.respond(200, text, "content-type", "application/json");
    }

    private static void event(OriginExchange exchange, String type, String rest) throws IOException {
        exchange.write("event: " + type + "\ndata: {\"type\":\"" + type + "\"," + rest + "}\n\n");
    }

    /** What each client is run by; empty caches each time. */
    private static Tool tool(Tool tool, int port, Path ca) {
        String proxy = "http://127.0.0.1:" + port;
        return tool.with("HTTPS_PROXY", proxy)
                .with("HTTP_PROXY", proxy)
                .with("https_proxy", proxy)
                .with("http_proxy", proxy)
                .with("SSL_CERT_FILE", ca.toString())
                .with("NODE_EXTRA_CA_CERTS", ca.toString())
                .within(Duration.ofMinutes(2));
    }

    private Path fresh(String name) throws IOException {
        return Files.createTempDirectory(directory, name);
    }

    void pip(int port, Path ca) throws IOException, InterruptedException {
        Path to = fresh("pip");
        tool(Tool.require("python3", "install python3 and pip"), port, ca)
                .with("PIP_CONFIG_FILE", "/dev/null")
                .with("PIP_CERT", ca.toString())
                .with("HOME", to.toString())
                .run(
                        "-m",
                        "pip",
                        "install",
                        "--no-deps",
                        "--no-cache-dir",
                        "--disable-pip-version-check",
                        "--quiet",
                        "--index-url",
                        "https://pypi.example/simple/",
                        "--target",
                        to.resolve("lib").toString(),
                        "alpha",
                        "beta",
                        "gamma",
                        "delta")
                .ok();
    }

    void npm(int port, Path ca) throws IOException, InterruptedException {
        Path to = fresh("npm");
        tool(Tool.require("npm", "install npm"), port, ca)
                .with("HOME", to.toString())
                .with("npm_config_userconfig", to.resolve("npmrc").toString())
                .in(to)
                .run(
                        "install",
                        "--registry",
                        "https://npm.example/",
                        "--cafile",
                        ca.toString(),
                        "--cache",
                        to.resolve("cache").toString(),
                        "--prefix",
                        to.toString(),
                        "--no-audit",
                        "--no-fund",
                        "--no-update-notifier",
                        "--ignore-scripts",
                        "alpha",
                        "beta",
                        "gamma",
                        "delta")
                .ok();
    }

    void cargo(int port, Path ca) throws IOException, InterruptedException {
        Path to = fresh("cargo");
        Files.createDirectories(to.resolve("src"));
        Files.writeString(to.resolve("src").resolve("lib.rs"), "");
        Files.writeString(to.resolve("Cargo.toml"), """
                [package]
                name = "own"
                version = "0.1.0"
                edition = "2021"

                [dependencies]
                alpha = { version = "1", registry = "own" }
                beta = { version = "1", registry = "own" }
                gamma = { version = "1", registry = "own" }
                delta = { version = "1", registry = "own" }
                """);
        tool(Tool.require("cargo", "install cargo"), port, ca)
                .with("CARGO_HOME", to.resolve("home").toString())
                .with("CARGO_HTTP_CAINFO", ca.toString())
                .with("CARGO_REGISTRIES_OWN_INDEX", "sparse+https://crates.example/index/")
                .in(to)
                .run("fetch", "--quiet")
                .ok();
    }

    void git(int port, Path ca) throws IOException, InterruptedException {
        tool(gitTool(), port, ca)
                .with("GIT_SSL_CAINFO", ca.toString())
                .run(
                        "clone",
                        "-q",
                        "https://git.example/" + REPOSITORY,
                        fresh("git").resolve("clone").toString())
                .ok();
    }

    void sdk(int port, Path ca) throws IOException, InterruptedException {
        tool(Tool.require("node", "install nodejs"), port, ca)
                .with("MODULES", Packages.sdk() + "/")
                .with("UNDICI", Packages.node() + "/")
                .run(Surroundings.program("llm-sdk.mjs").toString(), "http://127.0.0.1:" + port)
                .ok();
    }
}
