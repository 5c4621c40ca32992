package egress.dlp.given;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongPredicate;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * The cookies and links that origins gave to one caller in the last hour, as keyed hashes, and marks of what the caller sent to each
 * origin: what an origin only echoes was not given. Where it is not known what was sent, an origin gives nothing. Safe for every thread.
 */
public final class GivenValues {
    /** So much is remembered of what was given; the eldest makes room. */
    static final int MOST_GIVEN = 512;
    /** Of so many origins it is known what was sent to them. */
    static final int MOST_ORIGINS = 256;

    private static final long SPAN_NANOS = 3_600_000_000_000L;
    private static final long MOST_SIZE = 256 * 1024;
    private static final int GIVEN_SIZE = 160;
    private static final int ORIGIN_LOOKS = 2;
    private static final int LONGEST_COOKIE = 4096;
    private static final int LONGEST_AUTHORIZATION = 4096;

    private final Key key;
    private final LongSupplier nanoTime;
    private final LongPredicate room;
    private final Mac mac;
    private final Map<Name, Given> given = new LinkedHashMap<>();
    /** By their hosts, the one of longest ago first. */
    private final Map<String, SentGrams> origins = new LinkedHashMap<>(16, 0.75f, true);

    private long sizeOfOrigins;
    /** Whether any {@code Authorization} was ever given: else it is not asked for in each request. */
    private volatile boolean authorized;
    /** Until then it is not known what was sent to an origin that is not among them. */
    private long blindUntil;

    private record Name(long first, long second) {}

    private record Given(String giver, long nanos) {}

    /** Seeds the hashes, so that nothing outside of the process can choose them. */
    public static final class Key {
        private final SecretKeySpec secret;
        private final long first;
        private final long second;

        public Key(RandomGenerator random) {
            byte[] bytes = new byte[32];
            random.nextBytes(bytes);
            secret = new SecretKeySpec(bytes, "HmacSHA256");
            first = random.nextLong();
            second = random.nextLong();
        }
    }

    /**
     * @param room sets what is held, in bytes; false where so much may not be
     * @param blindNanos for how long it is not known what the caller sent before
     */
    public GivenValues(Key key, LongSupplier nanoTime, LongPredicate room, long blindNanos) {
        this.key = key;
        this.nanoTime = nanoTime;
        this.room = room;
        this.blindUntil = nanoTime.getAsLong() + blindNanos;
        try {
            mac = Mac.getInstance("HmacSHA256");
            mac.init(key.secret);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("no HmacSHA256, which every JDK must have", e);
        }
    }

    /** What has been sent before is not known for so long after it was forgotten. */
    public static long blindNanos() {
        return 2 * SPAN_NANOS;
    }

    /** The origin answered with a URL to go to. */
    public void redirects(Link asked, String location) {
        Link link = Link.given(asked, location);
        if (link != null) {
            give(asked.host(), name(link));
        }
    }

    /** The origin answered with a URL, which counts where it is signed. */
    public void links(Link asked, String reference) {
        Link link = Link.given(asked, reference);
        if (link != null && link.isSigned()) {
            give(asked.host(), name(link));
        }
    }

    /** The URLs of a {@code Link} field (RFC 8288 §3). */
    public void linksOf(Link asked, String field) {
        for (int at = field.indexOf('<'); at >= 0; at = field.indexOf('<', at + 1)) {
            int end = field.indexOf('>', at);
            if (end > 0) {
                links(asked, field.substring(at + 1, end));
            }
        }
    }

    /** The origin set a cookie (RFC 6265 §4.1), which counts for its own host alone. */
    public void setsCookie(Link asked, String field) {
        int semicolon = field.indexOf(';');
        String pair = (semicolon < 0 ? field : field.substring(0, semicolon)).strip();
        int equals = pair.indexOf('=');
        if (equals > 0 && equals < pair.length() - 1 && pair.length() <= LONGEST_COOKIE) {
            String cookie = pair.substring(0, equals).strip()
                    + '='
                    + pair.substring(equals + 1).strip();
            give(asked.host(), cookieName(asked.host(), cookie));
        }
    }

    /** The origin said what is to be sent as {@code Authorization} with requests for a URL, as servers of git LFS do. */
    public void authorizes(Link asked, String reference, String authorization) {
        Link link = Link.given(asked, reference);
        String value = authorization.strip();
        if (link != null && !value.isEmpty() && value.length() <= LONGEST_AUTHORIZATION) {
            authorized = true;
            give(asked.host(), authorizationName(link, value));
        }
    }

    private synchronized void give(String giver, Name name) {
        long now = nanoTime.getAsLong();
        forget(now);
        if (!isWhole(giver)) {
            return;
        }
        given.remove(name);
        if (given.size() >= MOST_GIVEN) {
            given.remove(given.keySet().iterator().next());
        }
        if (room.test(size() + GIVEN_SIZE)) {
            given.put(name, new Given(giver, now));
        }
    }

    /** Whether anything was given. */
    public synchronized boolean hasGiven() {
        return !given.isEmpty();
    }

    /** Which origin gave that link; null where none did of late. */
    public synchronized @Nullable String giverOf(Link link) {
        return given.isEmpty() ? null : giver(name(link));
    }

    /**
     * Which origin set that cookie; null where none did of late.
     *
     * @param cookie name and value, as a request has them
     */
    public synchronized @Nullable String giverOf(String host, String cookie) {
        return given.isEmpty() || cookie.length() > LONGEST_COOKIE ? null : giver(cookieName(host, cookie));
    }

    /** Which origin gave that value of an {@code Authorization} for that link; null where none did of late. */
    public synchronized @Nullable String giverOf(Link link, String authorization) {
        return given.isEmpty() || !authorized || authorization.length() > LONGEST_AUTHORIZATION
                ? null
                : giver(authorizationName(link, authorization));
    }

    private @Nullable String giver(Name name) {
        Given found = given.get(name);
        return found != null && nanoTime.getAsLong() - found.nanos <= SPAN_NANOS && isWhole(found.giver)
                ? found.giver
                : null;
    }

    /**
     * Whether that value came from the origin, and not from the caller: nothing of it was sent there, as it is or in an encoding that the
     * origin may have taken off. A value without eight letters and digits in a row cannot be distinguished from others.
     */
    public synchronized boolean isFrom(String giver, byte[] value) {
        SentGrams sent = opened(giver);
        return sent != null
                && sent.isWhole()
                && known(sent, value) == Known.NOT_SENT
                && EncodedForms.of(value).stream().noneMatch(form -> known(sent, form) == Known.SENT);
    }

    /** What is known of a text. */
    private enum Known {
        /** Nothing of it could be marked. */
        NOTHING,
        NOT_SENT,
        /** At least a part of it was sent. */
        SENT
    }

    private Known known(SentGrams sent, byte[] text) {
        TextRuns runs = new TextRuns();
        Known known = Known.NOTHING;
        for (byte each : text) {
            if (runs.take(each)) {
                if (sent.has(mark(runs.gram()))) {
                    return Known.SENT;
                }
                known = Known.NOT_SENT;
            }
        }
        return known;
    }

    /** Of a text that an origin gave, the marks of what it had been sent before. */
    synchronized void echoed(String giver, byte[] text, SentGrams.Buffer into) {
        SentGrams sent = opened(giver);
        TextRuns runs = new TextRuns();
        for (byte each : text) {
            if (runs.take(each)) {
                int mark = mark(runs.gram());
                if (sent != null && sent.has(mark)) {
                    into.add(mark);
                }
            }
        }
    }

    /** Something was sent there that was not read. */
    public synchronized void unread(String host) {
        SentGrams sent = opened(host);
        if (sent != null) {
            changed(sent, sent.size(), sent::lose);
        }
    }

    /** Whether all that was sent there is known. */
    synchronized boolean isWhole(String host) {
        SentGrams sent = opened(host);
        return sent != null && sent.isWhole();
    }

    /** Whether what is sent there now is known later. */
    synchronized boolean isMarking(String host) {
        SentGrams sent = opened(host);
        return sent != null && !sent.isLost();
    }

    /** Marks what is sent there. */
    synchronized void sent(String host, SentGrams.Buffer grams, long bytes) {
        SentGrams sent = opened(host);
        if (sent == null) {
            return;
        }
        changed(sent, sent.size(), () -> sent.add(grams.marks(), grams.count(), bytes));
        if (sizeOfOrigins > MOST_SIZE || !room.test(size())) {
            changed(sent, sent.size(), sent::lose);
        }
    }

    private void changed(SentGrams sent, long was, Runnable change) {
        change.run();
        sizeOfOrigins += sent.size() - was;
    }

    private @Nullable SentGrams sentTo(String host) {
        SentGrams sent = origins.get(host);
        if (sent != null) {
            changed(sent, sent.size(), () -> sent.turn(nanoTime.getAsLong(), SPAN_NANOS));
        }
        return sent;
    }

    /** What was sent there, from now on where it is not remembered; null where there is no room. */
    private @Nullable SentGrams opened(String host) {
        SentGrams known = sentTo(host);
        if (known != null) {
            return known;
        }
        long now = nanoTime.getAsLong();
        forget(now);
        SentGrams made = new SentGrams(now);
        if (origins.size() >= MOST_ORIGINS || !room.test(size() + made.size())) {
            blindUntil = now + blindNanos();
            return null;
        }
        if (now - blindUntil < 0) {
            made.lose();
        }
        origins.put(host, made);
        sizeOfOrigins += made.size();
        return made;
    }

    private void forget(long now) {
        for (Iterator<Given> eldest = given.values().iterator(); eldest.hasNext(); ) {
            if (now - eldest.next().nanos <= SPAN_NANOS) {
                break;
            }
            eldest.remove();
        }
        Iterator<SentGrams> quiet = origins.values().iterator();
        for (int i = 0; i < ORIGIN_LOOKS && quiet.hasNext(); i++) {
            SentGrams each = quiet.next();
            changed(each, each.size(), () -> each.turn(now, SPAN_NANOS));
            if (each.isEmpty()) {
                quiet.remove();
                sizeOfOrigins -= each.size();
            }
        }
    }

    private long size() {
        return 256 + sizeOfOrigins + (long) GIVEN_SIZE * given.size();
    }

    int mark(long gram) {
        long mixed = mixed(mixed(gram ^ key.first, key.second), key.first);
        int mark = (int) (mixed ^ mixed >>> 32);
        return mark == 0 ? 1 : mark;
    }

    private static long mixed(long one, long other) {
        return Math.unsignedMultiplyHigh(one, other | 1) ^ one * (other | 1);
    }

    private Name name(Link link) {
        return name("link\n" + link.host() + '\n' + link.port() + '\n' + link.target());
    }

    private Name authorizationName(Link link, String value) {
        return name("authorization\n" + link.host() + '\n' + link.port() + '\n' + link.target() + '\n' + value);
    }

    private Name cookieName(String host, String cookie) {
        return name("cookie\n" + host + '\n' + cookie);
    }

    private synchronized Name name(String text) {
        byte[] hash = mac.doFinal(text.getBytes(StandardCharsets.ISO_8859_1));
        return new Name(part(hash, 0), part(hash, Long.BYTES));
    }

    private static long part(byte[] hash, int from) {
        long out = 0;
        for (int i = from; i < from + Long.BYTES; i++) {
            out = out << Byte.SIZE | hash[i] & 0xff;
        }
        return out;
    }
}
