package egress.server.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import egress.server.ProxyUnderTest;
import egress.server.flows.Flow;
import egress.testkit.client.RawClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The list of what went through, as a person uses it: what it shows, finds, scrolls and exports. */
final class InspectListTest extends InspectPage {
    @Test
    void showsAnExchangeFromItsHeadToItsEndAsItHappens() throws Exception {
        Flow begun = next().ask("GET", "slow.example", "/events").begun();
        sink.started(begun);
        browser.awaitText(".rows .row", "slow.example/events");
        assertThat(browser.text(".rows .row .status")).isEqualTo("…");

        Flow whole = SampleFlows.flow(begun.id())
                .ask("GET", "slow.example", "/events")
                .status(207)
                .whole();
        sink.responded(whole);
        browser.awaitText(".rows .row .status", "207");
        sink.ended(whole);
        browser.awaitText("#counts", "1 flow");
    }

    @Test
    void showsWhatReallyWentThrough() throws Exception {
        try (RawClient client = proxy.connect(ANSWERED + ":443")) {
            client.send("POST /echo?a=1 HTTP/1.1\r\nHost: " + ANSWERED
                            + "\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{\"a\":[1]}")
                    .readResponse("POST");
        }

        browser.awaitText(".rows .row", "/echo?a=1");
        browser.click(".rows .row");
        browser.awaitText(".detail h2", "https://api.example.com/echo?a=1");
        browser.awaitText(".detail .panel", "api.example.com");
        assertThat(browser.text(".detail .panel")).contains("SNI").contains("Wait for the answer");
        browser.click("[role=tab]", "Response");
        browser.awaitText(".detail .panel", "got");
    }

    @Test
    void filtersInMitmproxysLanguageAndSaysWhereItCannotBeRead() throws Exception {
        show(
                next().ask("GET", "one.example", "/a").whole(),
                next().ask("POST", "two.example", "/b").status(403).whole(),
                next().ask("POST", "one.example", "/c")
                        .answered("text/plain", "a needle in here")
                        .whole());
        browser.await("three rows", "document.querySelectorAll('.rows .row').length === 3");

        browser.fill("#filter", "~d one & ~m POST");
        browser.await("one row", "document.querySelectorAll('.rows .row').length === 1");
        browser.awaitText(".rows .row", "/c");

        browser.fill("#filter", "~d one & ~z");
        browser.awaitText("#filter-fault", "~z\" is no operator");
        assertThat(browser.evaluate("document.querySelector('#filter-fault mark').textContent")
                        .asText())
                .isEqualTo("~");

        browser.fill("#filter", "~c 4xx");
        browser.awaitText(".rows .row", "two.example");
        browser.await("the fault is gone", "document.querySelector('#filter-fault').hidden");

        browser.fill("#filter", "");
        browser.fill("#find", "NEEDLE");
        browser.await("one row", "document.querySelectorAll('.rows .row').length === 1");
        browser.awaitText(".rows .row", "/c");
        browser.fill("#find", "not there at all");
        browser.awaitText(".empty", "Nothing matches");
    }

    @Test
    void scrollsTenThousandRowsWithFewElements() throws Exception {
        for (int i = 0; i < 200; i++) {
            show(next().ask("GET", "few.example", "/" + i).whole());
        }
        browser.awaitText("#counts", "200 flows");
        double control = scrollFrame();
        browser.evaluate("(grid => { grid.scrollTop = grid.scrollHeight; })(document.querySelector('.grid'))");
        for (int i = 0; i < 10_000; i++) {
            show(next().ask("GET", "many.example", "/item/" + i).whole());
        }
        browser.awaitText("#counts", "10,200 flows");
        browser.awaitText(".rows .row", "/item/9999");
        assertThat(browser.evaluate("document.querySelectorAll('.rows .row').length")
                        .asInt())
                .isLessThan(100);

        assertThat(scrollFrame())
                .describedAs("milliseconds of the frame in the middle, beside those of a short list")
                .isLessThan(Math.max(
                        100, 2 * control + 17)); // a tenth of a second is seen; the machine does other tests too

        browser.evaluate("document.querySelector('.grid').focus()");
        browser.press("Home");
        browser.awaitText(".rows .row[aria-selected=true]", "few.example/0");
        browser.press("End");
        browser.awaitText(".rows .row[aria-selected=true]", "/item/9999");
    }

    /** The best of three, since the machine has other work: the milliseconds that half of the frames took at most. */
    private static double scrollFrame() {
        return IntStream.range(0, 3).mapToDouble(_ -> scrollOnce()).min().orElseThrow();
    }

    private static double scrollOnce() {
        JsonNode frames = browser.evaluate("""
                new Promise(done => {
                  const grid = document.querySelector('.grid');
                  const frames = [];
                  let last = performance.now();
                  let step = 0;
                  function frame(now) {
                    frames.push(now - last);
                    last = now;
                    grid.scrollTop = (step++ * 2300) % (grid.scrollHeight - grid.clientHeight);
                    step < 90 ? requestAnimationFrame(frame) : done(frames.sort((a, b) => a - b));
                  }
                  requestAnimationFrame(frame);
                })""");
        return frames.get(frames.size() / 2).asDouble();
    }

    @Test
    void isUsedByKeysAlone() throws Exception {
        show(
                next().ask("GET", "one.example", "/a").whole(),
                next().ask("GET", "two.example", "/b")
                        .answered("text/plain", "second")
                        .whole());
        browser.awaitText(".rows .row", "two.example");

        browser.evaluate("document.querySelector('.grid').focus()");
        browser.press("j");
        browser.press("j");
        browser.awaitText(".rows .row[aria-selected=true]", "two.example");
        browser.press("Enter");
        browser.awaitText(".detail h2", "two.example");
        browser.press("]");
        browser.press("]");
        browser.awaitText(".detail pre.text", "second");
        browser.press("ArrowUp");
        browser.awaitText(".detail h2", "one.example");
        browser.press("m");
        browser.await("a mark", "document.querySelectorAll('.rows .row.marked').length === 1");
        browser.press("Escape");
        browser.await("no detail", "document.querySelector('.detail').hidden");
        browser.press("/");
        assertThat(browser.evaluate("document.activeElement.id").asText()).isEqualTo("filter");
        browser.press("Escape");
        browser.press("?");
        browser.awaitText("dialog.help", "send the request again");
        browser.evaluate("document.querySelector('dialog').close()");
        browser.press("p");
        browser.awaitText("#counts", "paused");
        show(next().ask("GET", "three.example", "/c").whole());
        browser.awaitText("#counts", "1 behind");
        assertThat(browser.text(".rows .row")).doesNotContain("three.example");
        browser.press("p");
        browser.awaitText(".rows .row", "three.example");
        browser.press("x");
        browser.awaitText(".empty", "Nothing went through yet");
    }

    @Test
    void exportsWhatTheFilterShowsAsHar() throws Exception {
        Path folder = Files.createDirectories(directory.resolve("har"));
        browser.downloadTo(folder);
        show(
                next().ask("GET", "one.example", "/a")
                        .answered("text/plain", "kept")
                        .whole(),
                next().ask("GET", "two.example", "/b").whole());
        browser.fill("#filter", "~d one");
        browser.await("one row", "document.querySelectorAll('.rows .row').length === 1");
        browser.click(".actions button", "HAR");

        ProxyUnderTest.await("a download", () -> har(folder) != null);
        JsonNode entries = new ObjectMapper()
                .readTree(Objects.requireNonNull(har(folder)).toFile())
                .path("log")
                .path("entries");
        assertThat(entries).hasSize(1);
        assertThat(entries.get(0).path("request").path("url").asText()).isEqualTo("https://one.example/a");
    }

    private static @Nullable Path har(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".har"))
                    .findFirst()
                    .orElse(null);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
