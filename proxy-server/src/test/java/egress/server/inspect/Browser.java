package egress.server.inspect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import egress.testkit.Tool;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Headless Chromium with one page, driven by its DevTools protocol. */
final class Browser implements AutoCloseable {
    private static final Pattern LISTENING = Pattern.compile("DevTools listening on (ws://\\S+)");
    private static final long PATIENCE_MILLIS = 45_000;

    private final ObjectMapper mapper = new ObjectMapper();
    private final AtomicInteger ids = new AtomicInteger();
    private final Map<Integer, CompletableFuture<JsonNode>> waiting = new ConcurrentHashMap<>();
    private final List<String> faults = new CopyOnWriteArrayList<>();
    private final List<String> requested = new CopyOnWriteArrayList<>();
    private final Process process;
    private final URI address;
    private final WebSocket socket;
    private final String session;

    private Browser(Process process) throws IOException {
        this.process = process;
        this.address = URI.create(address(process));
        this.socket = HttpClient.newHttpClient()
                .newWebSocketBuilder()
                .buildAsync(address, new Listener())
                .join();
        String target = call(null, "Target.createTarget", Map.of("url", "about:blank"))
                .path("targetId")
                .asText();
        this.session = call(null, "Target.attachToTarget", Map.of("targetId", target, "flatten", true))
                .path("sessionId")
                .asText();
        for (String domain : List.of("Page", "Runtime", "Network", "Log")) {
            call(domain + ".enable", Map.of());
        }
    }

    /** @param home an empty folder for its profile */
    static Browser start(Path home) throws IOException {
        Process process = Tool.require("chromium", "install chromium")
                .with("HOME", home.toString())
                .with("XDG_CONFIG_HOME", home.resolve(".config").toString())
                .with("XDG_CACHE_HOME", home.resolve(".cache").toString())
                .start(
                        "--headless",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--disable-dev-shm-usage",
                        "--no-first-run",
                        "--disable-background-networking",
                        "--disable-component-update",
                        "--disable-sync",
                        "--force-color-profile=srgb",
                        "--hide-scrollbars",
                        "--window-size=1440,900",
                        "--remote-debugging-port=0",
                        "--remote-allow-origins=*", // its own developer tools
                        "--user-data-dir=" + home.resolve("profile"),
                        "about:blank");
        return new Browser(process);
    }

    private static String address(Process process) throws IOException {
        BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getErrorStream(), StandardCharsets.UTF_8));
        String line = lines.readLine();
        while (line != null) {
            Matcher found = LISTENING.matcher(line);
            if (found.find()) {
                Thread.ofVirtual().start(() -> lines.lines().forEach(_ -> {}));
                return found.group(1);
            }
            line = lines.readLine();
        }
        throw new IOException("Chromium did not start");
    }

    private final class Listener implements WebSocket.Listener {
        private final StringBuilder text = new StringBuilder();

        @Override
        public void onOpen(WebSocket opened) {
            opened.request(1);
        }

        @Override
        public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
            text.append(data);
            if (last) {
                String whole = text.toString();
                text.setLength(0);
                try {
                    take(mapper.readTree(whole));
                } catch (IOException e) {
                    faults.add("DevTools: " + e.getMessage());
                }
            }
            from.request(1);
            return CompletableFuture.completedStage(null);
        }
    }

    private void take(JsonNode message) {
        if (message.has("id")) {
            CompletableFuture<JsonNode> answer =
                    waiting.remove(message.path("id").asInt());
            if (answer == null) {
                return;
            }
            if (message.has("error")) {
                answer.completeExceptionally(
                        new IllegalStateException(message.path("error").toString()));
            } else {
                answer.complete(message.path("result"));
            }
            return;
        }
        JsonNode facts = message.path("params");
        switch (message.path("method").asText()) {
            case "Runtime.exceptionThrown" ->
                faults.add(facts.path("exceptionDetails").toString());
            case "Runtime.consoleAPICalled" -> {
                if (facts.path("type").asText().equals("error")) {
                    faults.add(facts.path("args").toString());
                }
            }
            case "Log.entryAdded" -> {
                if (facts.path("entry").path("level").asText().equals("error")) {
                    faults.add(facts.path("entry").toString());
                }
            }
            case "Network.requestWillBeSent" ->
                requested.add(facts.path("request").path("url").asText());
            default -> {}
        }
    }

    private JsonNode call(String method, Map<String, ?> parameters) {
        return call(session, method, parameters);
    }

    private JsonNode call(@Nullable String to, String method, Map<String, ?> parameters) {
        int id = ids.incrementAndGet();
        ObjectNode message = mapper.createObjectNode();
        message.put("id", id);
        message.put("method", method);
        message.set("params", mapper.valueToTree(parameters));
        if (to != null) {
            message.put("sessionId", to);
        }
        CompletableFuture<JsonNode> answer = new CompletableFuture<>();
        waiting.put(id, answer);
        synchronized (ids) {
            socket.sendText(message.toString(), true).join();
        }
        return answer.orTimeout(PATIENCE_MILLIS, TimeUnit.MILLISECONDS).join();
    }

    /** Opens an address and waits until its page and all that belongs to it is there. */
    void open(String url) throws InterruptedException {
        call("Page.navigate", Map.of("url", url));
        await("the page", "document.readyState === 'complete' && document.querySelector('.grid') !== null");
    }

    /** Opens Chromium's own developer tools, for an empty page, with their network panel. */
    void openDeveloperTools() throws InterruptedException {
        String target = call(null, "Target.createTarget", Map.of("url", "about:blank"))
                .path("targetId")
                .asText();
        String at = address.getAuthority();
        call(
                "Page.navigate",
                Map.of("url", "http://" + at + "/devtools/devtools_app.html?ws=" + at + "/devtools/page/" + target));
        await("the developer tools", "document.querySelector('.root-view') !== null"); // what is asked before breaks it
        evaluate("""
                (async () => {
                  const { ViewManager } = await import("./ui/legacy/legacy.js");
                  await ViewManager.ViewManager.instance().showView("network");
                })()""");
    }

    /** The value of an expression, which may be a promise. */
    JsonNode evaluate(String expression) {
        JsonNode answer = call(
                "Runtime.evaluate",
                Map.of("expression", expression, "awaitPromise", true, "returnByValue", true, "userGesture", true));
        if (answer.has("exceptionDetails")) {
            throw new AssertionError(expression + ": " + answer.path("exceptionDetails"));
        }
        return answer.path("result").path("value");
    }

    /** What is to be read in an element, or of all the page. */
    String text(String selector) {
        return evaluate("[...document.querySelectorAll(" + quoted(selector) + ")].map(e => e.innerText).join('\\n')")
                .asText();
    }

    /** Waits for an expression to hold. */
    void await(String what, String expression) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MILLIS);
        while (!holds(expression)) {
            if (System.nanoTime() - end > 0) {
                throw new AssertionError("did not come: " + what + "; the page says\n" + text("body") + "\n" + faults);
            }
            TimeUnit.MILLISECONDS.sleep(30);
        }
    }

    /** Whether an expression holds; not where the page goes away while it is asked, as it does at first. */
    private boolean holds(String expression) {
        try {
            return evaluate(expression).asBoolean();
        } catch (CompletionException e) {
            if (String.valueOf(e.getMessage()).contains("navigated")) {
                return false;
            }
            throw e;
        }
    }

    /** Waits until an element holds a text. */
    void awaitText(String selector, String text) throws InterruptedException {
        await(
                selector + " with \"" + text + "\"",
                "[...document.querySelectorAll(" + quoted(selector) + ")].some(e => e.innerText.includes("
                        + quoted(text) + "))");
    }

    void click(String selector) throws InterruptedException {
        await(selector, "document.querySelector(" + quoted(selector) + ") !== null");
        evaluate("document.querySelector(" + quoted(selector) + ").click()");
    }

    /** Clicks the first element of a kind that holds a text. */
    void click(String selector, String text) throws InterruptedException {
        String found = "[...document.querySelectorAll(" + quoted(selector) + ")].find(e => e.innerText.includes("
                + quoted(text) + "))";
        await(selector + " with \"" + text + "\"", found + " !== undefined");
        evaluate(found + ".click()");
    }

    /** Presses a key, such as {@code Enter} or {@code j}. */
    void press(String key) {
        boolean letter = key.codePointCount(0, key.length()) == 1;
        Map<String, ?> down = letter
                ? Map.of("type", "keyDown", "key", key, "text", key)
                : key.equals("Enter")
                        ? Map.of("type", "keyDown", "key", key, "code", key, "windowsVirtualKeyCode", 13, "text", "\r")
                        : key.equals("Tab")
                                ? Map.of("type", "keyDown", "key", key, "code", key, "windowsVirtualKeyCode", 9)
                                : Map.of("type", "keyDown", "key", key, "code", key);
        call("Input.dispatchKeyEvent", down);
        call("Input.dispatchKeyEvent", Map.of("type", "keyUp", "key", key));
    }

    /** Types into what has the focus. */
    void type(String text) {
        call("Input.insertText", Map.of("text", text));
    }

    /** Replaces what a field holds, as by typing. */
    void fill(String selector, String text) {
        evaluate("(e => { e.focus(); e.select(); })(document.querySelector(" + quoted(selector) + "))");
        if (text.isEmpty()) {
            call(
                    "Input.dispatchKeyEvent",
                    Map.of("type", "keyDown", "key", "Delete", "code", "Delete", "windowsVirtualKeyCode", 46));
        } else {
            type(text);
        }
    }

    /** {@code dark} or {@code light}. */
    void prefer(String scheme) {
        call(
                "Emulation.setEmulatedMedia",
                Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
    }

    void size(int width, int height) {
        call(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
    }

    /** Lets scripts of the test run that the page's policy would not: not for what is itself under test. */
    void bypassPolicy() {
        call("Page.setBypassCSP", Map.of("enabled", true));
    }

    /** Lets downloads go to a folder. */
    void downloadTo(Path folder) {
        call(null, "Browser.setDownloadBehavior", Map.of("behavior", "allow", "downloadPath", folder.toString()));
    }

    void screenshot(Path file) throws IOException {
        JsonNode picture = call("Page.captureScreenshot", Map.of("format", "png"));
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.write(file, Base64.getDecoder().decode(picture.path("data").asText()));
    }

    /** Errors of the console, and exceptions. */
    List<String> faults() {
        return List.copyOf(faults);
    }

    /** Every address that was asked. */
    List<String> requested() {
        return List.copyOf(requested);
    }

    /** Leaves out what a test provoked: addresses that begin so, and faults that hold this text. */
    void forget(String address, String fault) {
        requested.removeIf(url -> url.startsWith(address));
        faults.removeIf(words -> words.contains(fault));
    }

    static String quoted(String text) {
        return new ObjectMapper().valueToTree(text).toString();
    }

    @Override
    public void close() throws IOException {
        try {
            call(null, "Browser.close", Map.of());
        } catch (RuntimeException e) {
            process.destroy();
        }
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
