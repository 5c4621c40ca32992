package egress.dlp.given;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
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
        SentText sent = SentText.to(() -> memory, host);
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
                "UjdrUTJtWng5dkx0QjRuV2M4SnBZczNIZEc2ZkthMVVlVDVv",
                "eFI3a1EybVp4OXZMdEI0bldjOEpwWXMzSGRHNmZLYTFVZVQ1bw==",
                "/x?u=eHhSN2tRMm1aeDl2THRCNG5XYzhKcFlzM0hkRzZmS2ExVWVUNW8",
                "52376b51326d5a7839764c7442346e5763384a7059733348644736664b6131556554356f",
                "52376B51326D5A7839764C7442346E5763384A7059733348644736664B6131556554356F",
                "o5TeU1aKf6GdH3sYpJ8cWn4BtLv9xZm2Qk7R",
                "R\0007\000k\000Q\0002\000m\000Z\000x\0009\000v\000L\000t\000B\0004\000n"
            })
    void whatWasSentIsNotGiven(String sent) {
        send("GET /other");
        assertThat(isFrom(VALUE)).isTrue();
        send(sent);
        assertThat(isFrom(VALUE)).isFalse();
        assertThat(isFrom("Zq7Xw2Lm9Kd4Tn8Rv5Hb3Yc6")).isTrue();
    }

    /** Each character in a code, and that in another. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "%%25%02x",
                "%%2525%02X",
                "\\\\u00%02x",
                "\\\\\\\\u00%02x",
                "\\u0025%02x",
                "%%5cu00%02x",
                "%%5C%%5Cu00%02x"
            })
    void whatWasSentInCodesOfCodesIsNotGiven(String code) {
        StringBuilder sent = new StringBuilder();
        VALUE.chars().forEach(each -> sent.append(String.format(Locale.ROOT, code, each)));
        send(sent.toString());
        assertThat(isFrom(VALUE)).as(sent.toString()).isFalse();
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
        SentText text = SentText.to(() -> memory, GIVER);
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
        SentText text = SentText.to(() -> memory, GIVER);
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
        SentText text = SentText.to(() -> memory, GIVER);
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
        long seed = 20_261_130L;
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

    /** The marks of one span are made while those of the one before are still missed. */
    @Test
    void whatIsSentAfterSomethingWasUnreadIsKnownOnceTheRestIsForgotten() {
        memory.unread(GIVER);
        now.addAndGet(61 * MINUTE);
        send("x");
        assertThat(memory.isWhole(GIVER)).isFalse();
        now.addAndGet(30 * MINUTE);
        send(VALUE);
        now.addAndGet(31 * MINUTE);
        memory.redirects(ASKED, URL);
        assertThat(memory.giverOf(LINK)).isEqualTo(GIVER);
        assertThat(isFrom(VALUE)).isFalse();
        assertThat(isFrom("Zq7Xw2Lm9Kd4Tn8Rv5Hb3Yc6")).isTrue();
    }

    @Test
    void aTextGoesOnForLongerThanItIsNotKnownWhatWasSent() {
        memory.unread(GIVER);
        SentText text = SentText.to(() -> memory, GIVER);
        text.take(List.of("abcdefghijklmnop"));
        text.left();
        now.addAndGet(121 * MINUTE);
        text.take(List.of(VALUE));
        text.left();
        memory.redirects(ASKED, URL);
        assertThat(memory.giverOf(LINK)).isEqualTo(GIVER);
        assertThat(isFrom(VALUE)).isFalse();
    }

    /** It was taken when nothing was marked, and left when something was again. */
    @Test
    void whatWasNotMarkedWhenItWasReadIsNotForgottenBeforeItsTime() {
        memory.unread(GIVER);
        SentText text = SentText.to(() -> memory, GIVER);
        now.addAndGet(59 * MINUTE);
        text.take(List.of(VALUE));
        now.addAndGet(2 * MINUTE);
        memory.redirects(ASKED, URL); // a span begins
        now.addAndGet(30 * MINUTE);
        text.left();
        for (int i = 0; i < 61; i++) {
            memory.redirects(ASKED, URL);
            assertThat(memory.giverOf(LINK) != null && isFrom(VALUE))
                    .as("after %d minutes", i)
                    .isFalse();
            now.addAndGet(MINUTE);
        }
    }

    @Test
    void aTextIsMarkedInTheMemoryThatIsInForce() {
        List<GivenValues> inForce = new ArrayList<>(List.of(memory));
        SentText text = SentText.to(inForce::getFirst, GIVER);
        text.take(List.of("abcdefghijklmnop"));
        text.left();
        GivenValues other = memory(0);
        inForce.set(0, other);
        text.take(List.of(VALUE));
        text.left();
        assertThat(other.isFrom(GIVER, bytes(VALUE))).isFalse();
        assertThat(isFrom(VALUE)).isTrue();
    }

    /** Whenever in two hours it was sent and given. */
    @Test
    void whatWasSentInTheHourBeforeIsKnownForAsLongAsALinkCounts() {
        for (int first = 0; first < 62; first += 7) {
            for (int until = 0; until <= 60; until += 10) {
                GivenValues mine = memory(0);
                send(mine, GIVER, "x");
                now.addAndGet(first * MINUTE);
                send(mine, GIVER, VALUE);
                for (int i = 0; i < until; i++) {
                    now.addAndGet(MINUTE);
                    send(mine, GIVER, "z" + i);
                }
                mine.redirects(ASKED, URL);
                for (int i = 0; i <= 60; i++) {
                    send(mine, GIVER, "y" + i);
                    assertThat(mine.giverOf(LINK)).isEqualTo(GIVER);
                    assertThat(mine.isFrom(GIVER, bytes(VALUE)))
                            .as("sent at %d, given at %d, after %d minutes", first, first + until, i)
                            .isFalse();
                    now.addAndGet(MINUTE);
                }
            }
        }
    }

    @Test
    void anAuthorizationIsForItsLinkAlone() {
        Link link = Link.asked("store.example", 443, "/lfs/1");
        memory.authorizes(ASKED, "https://store.example/lfs/1", "Basic abcdefgh");
        assertThat(memory.giverOf(link, "Basic abcdefgh")).isEqualTo(GIVER);
        assertThat(memory.giverOf(link, "Basic abcdefgi")).isNull();
        assertThat(memory.giverOf(Link.asked("store.example", 443, "/lfs/2"), "Basic abcdefgh"))
                .isNull();
        assertThat(memory.giverOf(Link.asked("store.example", 444, "/lfs/1"), "Basic abcdefgh"))
                .isNull();
        assertThat(memory.giverOf(Link.asked("stare.example", 443, "/lfs/1"), "Basic abcdefgh"))
                .isNull();
        assertThat(memory.giverOf(link)).isNull();
        for (String none : List.of("", " ", "a".repeat(5000))) {
            memory.authorizes(ASKED, "https://store.example/lfs/1", none);
            assertThat(memory.giverOf(link, none)).isNull();
        }
        now.addAndGet(61 * MINUTE);
        assertThat(memory.giverOf(link, "Basic abcdefgh")).isNull();
    }

    /** A link that holds what its giver was sent takes it along to where it leads, which may give it on. */
    @Test
    void whatAGivenLinkEchoesIsSentToWhereItGoes() {
        send("/?note=" + VALUE);
        SentText text = SentText.to(() -> memory, "store.example");
        text.takeEchoed(GIVER, "/x?a=abcdefghijklmnop&b=" + VALUE);
        assertThat(memory.isFrom("store.example", bytes(VALUE))).isTrue(); // it has not left
        text.left();
        assertThat(memory.isFrom("store.example", bytes(VALUE))).isFalse();
        assertThat(memory.isFrom("store.example", bytes("abcdefghijklmnop"))).isTrue();
    }

    @Test
    void keysOfOtherProcessesMakeOtherMarks() {
        GivenValues other = new GivenValues(new GivenValues.Key(new Random(6)), now::get, bytes -> true, 0);
        assertThat(other.mark(123)).isNotEqualTo(memory.mark(123));
    }
}
