package egress.dlp.given;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What was given is known for an hour, and what only came back is told from it. */
final class GivenValuesTest {
    private static final String GIVER = "git.example";
    private static final Link ASKED = Link.asked(GIVER, 443, "/download");
    private static final Link LINK = Link.asked("store.example", 443, "/x?sig=1");
    private static final String URL = "https://store.example/x?sig=1";
    private static final String VALUE = "R7kQ2mZx9vLtB4nWc8JpYs3HdG6fKa1UeT5o";
    private static final long MINUTE = 60_000_000_000L;

    private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - MINUTE); // it turns over
    private long room = Long.MAX_VALUE;
    private long held;
    private final GivenValues memory = memory(0);

    private GivenValues memory(long blindNanos) {
        return new GivenValues(new GivenValues.Key(new Random(5)), now::get, this::hold, blindNanos);
    }

    private boolean hold(long bytes) {
        held = bytes <= room ? bytes : held;
        return bytes <= room;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private void send(String text) {
        send(memory, GIVER, text);
    }

    private static void send(GivenValues memory, String host, String text) {
        SentText sent = memory.text(host);
        sent.take(List.of(text));
        sent.left();
    }

    private boolean isFrom(String value) {
        return memory.isFrom(GIVER, bytes(value));
    }

    @Test
    void aLinkIsKnownForAnHour() {
        assertThat(memory.giverOf(LINK)).isNull();
        memory.redirects(ASKED, URL);
        now.addAndGet(60 * MINUTE);
        assertThat(memory.giverOf(LINK)).isEqualTo(GIVER);
        now.addAndGet(1);
        assertThat(memory.giverOf(LINK)).isNull();
        memory.redirects(ASKED, URL);
        assertThat(memory.giverOf(LINK)).isEqualTo(GIVER);
    }

    @Test
    void onlyARedirectGivesALinkWithoutASignature() {
        Link bare = Link.asked("store.example", 443, "/x?page=2");
        memory.links(ASKED, "https://store.example/x?page=2");
        memory.linksOf(ASKED, "<https://store.example/x?page=2>; rel=next");
        assertThat(memory.giverOf(bare)).isNull();
        memory.redirects(ASKED, "https://store.example/x?page=2");
        assertThat(memory.giverOf(bare)).isEqualTo(GIVER);
        memory.linksOf(ASKED, "<https://store.example/x?sig=1>; rel=next, </y?sig=2>; rel=\"a>b\", <");
        assertThat(memory.giverOf(LINK)).isEqualTo(GIVER);
        assertThat(memory.giverOf(Link.asked(GIVER, 443, "/y?sig=2"))).isEqualTo(GIVER);
    }

    @Test
    void aCookieIsOfItsHostAlone() {
        memory.setsCookie(ASKED, "session = abc; Path=/; Domain=example");
        assertThat(memory.giverOf(GIVER, "session=abc")).isEqualTo(GIVER);
        assertThat(memory.giverOf(GIVER, "session=abd")).isNull();
        assertThat(memory.giverOf(GIVER, "other=abc")).isNull();
        assertThat(memory.giverOf("www." + GIVER, "session=abc")).isNull();
        for (String none : List.of("=abc", "session=; Max-Age=0", "session", "", "a=" + "b".repeat(4095))) {
            memory.setsCookie(ASKED, none);
        }
        assertThat(memory.giverOf(GIVER, "session=")).isNull();
    }

    @Test
    void theEldestMakesRoom() {
        memory.redirects(ASKED, URL);
        for (int i = 0; i < GivenValues.MOST_GIVEN; i++) {
            assertThat(memory.giverOf(LINK)).isEqualTo(GIVER);
            memory.redirects(ASKED, "/" + i);
        }
        assertThat(memory.giverOf(LINK)).isNull();
        assertThat(held).isBetween(70_000L, 90_000L);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                VALUE,
                "/x?u=" + VALUE,
                "/x?u=%52%37kQ2mZx9vLtB4nWc8JpYs3HdG6fKa1UeT5o",
                "{\"a\":\"\\u0052\\n7kQ2mZx9vLtB4nWc8JpYs3HdG6fKa1UeT5o\"}",
                "{\"a\":\"\\nR7kQ2mZx9vLtB4nWc8JpYs3HdG6fKa1UeT5o\\t\"}",
                "before9vLtB4nWc8JpYs3after",
                "r7kq2mzx9vltb4nwc8jpys3hdg6fka1uet5o",
                "R\0007\000k\000Q\0002\000m\000Z\000x\0009\000v\000L\000t\000B\0004\000n"
            })
    void whatWasSentIsNotGiven(String sent) {
        send("GET /other");
        assertThat(isFrom(VALUE)).isTrue();
        send(sent);
        assertThat(isFrom(VALUE)).isFalse();
        assertThat(isFrom("Zq7Xw2Lm9Kd4Tn8Rv5Hb3Yc6")).isTrue();
    }

    @Test
    void anyStretchOfFifteenIsSeen() {
        Random random = new Random(3);
        String letters = "abcdefghijklmnopqrstuvwxyz0123456789";
        for (int i = 0; i < 500; i++) {
            StringBuilder sent = new StringBuilder();
            for (int j = 0; j < 60; j++) {
                sent.append(letters.charAt(random.nextInt(36)));
            }
            send(sent.toString());
            int from = random.nextInt(45);
            assertThat(isFrom("-" + sent.substring(from, from + 15) + "-")).isFalse();
        }
        assertThat(isFrom(VALUE)).isTrue();
    }

    @Test
    void aTextInPiecesIsOne() {
        SentText text = memory.text(GIVER);
        for (byte each : bytes("%52" + VALUE.substring(1))) {
            text.take(new byte[] {each}, 0, 1);
        }
        assertThat(isFrom(VALUE)).isTrue(); // it has not left
        text.left();
        assertThat(isFrom(VALUE)).isFalse();
    }

    @Test
    void aValueThatIsTooShortToBeToldIsNotGiven() {
        send("x");
        assertThat(isFrom("abc1234")).isFalse();
        assertThat(isFrom("abc123-def456-ghi789")).isFalse();
        assertThat(isFrom("abcd1234")).isTrue();
    }

    @Test
    void whatWasSentToAnotherOriginDoesNotCount() {
        send(memory, "other.example", VALUE);
        send("x");
        assertThat(isFrom(VALUE)).isTrue();
    }

    @Test
    void anOriginThatWasSentTooMuchGivesNothing() {
        send("x");
        memory.redirects(ASKED, URL);
        Random random = new Random(9);
        byte[] one = new byte[64 * 1024];
        SentText text = memory.text(GIVER);
        for (int i = 0; i < 200 && memory.isWhole(GIVER); i++) {
            random.nextBytes(one);
            for (int j = 0; j < one.length; j++) {
                one[j] = (byte) ('a' + (one[j] & 15));
            }
            text.take(one, 0, one.length);
            text.left();
        }
        assertThat(memory.isWhole(GIVER)).isFalse();
        assertThat(memory.giverOf(LINK)).isNull();
        assertThat(isFrom(VALUE)).isFalse();
        assertThat(held).isLessThan(70_000);
        memory.redirects(ASKED, URL);
        assertThat(memory.giverOf(LINK)).isNull();
        now.addAndGet(121 * MINUTE);
        send("x");
        memory.redirects(ASKED, URL);
        assertThat(memory.giverOf(LINK)).isEqualTo(GIVER);
    }

    @Test
    void longTextThatHoldsNothingCountsToo() {
        SentText text = memory.text(GIVER);
        byte[] blanks = new byte[1 << 20];
        for (int i = 0; i <= SentGrams.MOST_READ >> 20; i++) {
            assertThat(memory.isWhole(GIVER)).isTrue();
            text.take(blanks, 0, blanks.length);
            text.left();
        }
        assertThat(memory.isWhole(GIVER)).isFalse();
    }

    @Test
    void anOriginThatWasSentSomethingUnreadGivesNothing() {
        send("x");
        memory.redirects(ASKED, URL);
        memory.unread(GIVER);
        assertThat(memory.giverOf(LINK)).isNull();
        assertThat(isFrom(VALUE)).isFalse();
    }

    @Test
    void oneOfWhichItIsNotKnownWhatItSentIsGivenNothing() {
        GivenValues after = memory(GivenValues.blindNanos());
        send(after, GIVER, "x");
        after.redirects(ASKED, URL);
        assertThat(after.giverOf(LINK)).isNull();
        now.addAndGet(GivenValues.blindNanos() + 1);
        send(after, GIVER, "x");
        after.redirects(ASKED, URL);
        assertThat(after.giverOf(LINK)).isEqualTo(GIVER);
    }

    @Test
    void oneOriginTooManyIsGivenNothingAndNeitherIsItsNext() {
        for (int i = 0; i < GivenValues.MOST_ORIGINS; i++) {
            send(memory, "h" + i + ".example", "abcdefgh");
        }
        send("x");
        memory.redirects(ASKED, URL);
        assertThat(memory.giverOf(LINK)).isNull();
        memory.redirects(Link.asked("h7.example", 443, "/"), URL);
        assertThat(memory.giverOf(LINK)).isEqualTo("h7.example");
        now.addAndGet(2 * GivenValues.blindNanos());
        for (int i = 0; i < GivenValues.MOST_ORIGINS; i++) {
            send("x"); // forgets two of the others each time
        }
        memory.redirects(ASKED, URL);
        assertThat(memory.giverOf(LINK)).isEqualTo(GIVER);
    }

    @Test
    void whatHasNoRoomIsNotGiven() {
        send("x");
        room = held;
        memory.redirects(ASKED, URL);
        assertThat(memory.giverOf(LINK)).isNull();
        send(VALUE);
        assertThat(memory.isWhole(GIVER)).isFalse();
    }

    @Test
    void textIsReadAlikeByTheByteAndAtOnce() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        byte[] alphabet = bytes("abcXYZ019abcXYZ019abcXYZ019%\\u00u41. -\0");
        for (int i = 0; i < 2000; i++) {
            byte[] text = new byte[random.nextInt(120)];
            for (int j = 0; j < text.length; j++) {
                text[j] = alphabet[random.nextInt(alphabet.length)];
            }
            List<Long> one = new ArrayList<>();
            TextRuns byBytes = new TextRuns();
            for (byte each : text) {
                if (byBytes.take(each) && byBytes.isAligned()) {
                    one.add(byBytes.gram());
                }
            }
            List<Long> other = new ArrayList<>();
            TextRuns atOnce = new TextRuns();
            int cut = text.length == 0 ? 0 : random.nextInt(text.length);
            for (int at = atOnce.takeAligned(text, 0, cut); at > 0; at = atOnce.takeAligned(text, at, cut)) {
                other.add(atOnce.gram());
            }
            for (int at = atOnce.takeAligned(text, cut, text.length);
                    at > 0;
                    at = atOnce.takeAligned(text, at, text.length)) {
                other.add(atOnce.gram());
            }
            assertThat(other).as("seed " + seed).isEqualTo(one);
        }
    }

    @Test
    void keysOfOtherProcessesMakeOtherMarks() {
        GivenValues other = new GivenValues(new GivenValues.Key(new Random(6)), now::get, bytes -> true, 0);
        assertThat(other.mark(123)).isNotEqualTo(memory.mark(123));
    }
}
