package egress.server.agent;

import egress.exchange.Event;
import egress.exchange.ExchangeRecord;
import egress.exchange.Failure;
import egress.exchange.LocalResponse;
import egress.exchange.Observer;
import egress.http.Authority;
import egress.share.Caller;
import io.netty.handler.codec.http.HttpHeaders;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The latest denials of each caller, with what it was told: no query, no path where DLP found something, no fingerprint, and no name
 * of a token's variable. Bounded; from any thread, with a lock that is held for a few map look-ups of requests that were denied.
 */
public final class PastDenials implements Observer {
    private static final int MOST_OF_A_CALLER = 32;
    private static final int MOST_CALLERS = 256;
    private static final int LONGEST_URL = 300;
    private static final int LONGEST_WORDS = 300;
    private static final int ID_BYTES = 16;
    private static final Pattern FINGERPRINT = Pattern.compile("fp:[0-9a-f]+");

    private final InstantSource clock;
    private final RandomGenerator random;
    private final Map<Caller, Deque<Noted>> byCaller = new LinkedHashMap<>(16, 0.75f, true);

    /** @param random a secure one, for ids */
    public PastDenials(InstantSource clock, RandomGenerator random) {
        this.clock = clock;
        this.random = random;
    }

    /** What a caller was told. */
    record Denial(Instant time, String method, String url, int status, String code, String hint, String words) {}

    /** The same under the id that its caller knows it by. */
    record Known(String id, Denial denial) {}

    /** Named when it is first shown: to make an id takes longer than to keep a denial. */
    private static final class Noted {
        private final Denial denial;
        private @Nullable String id;

        Noted(Denial denial) {
            this.denial = denial;
        }
    }

    @Override
    public void on(Event event) {
        switch (event) {
            case Event.ResponseHead head -> answered(head.exchange());
            case Event.ConnectionRefused refused -> refused(refused);
            case Event.ConnectionOpened _, Event.ConnectionClosed _, Event.ClientHelloRead _ -> {}
            case Event.HandshakeDone _, Event.HandshakeFailed _, Event.TunnelEnded _ -> {}
            case Event.Started _, Event.Allowed _, Event.RequestPart _, Event.Found _ -> {}
            case Event.ResponsePart _, Event.Ended _ -> {}
        }
    }

    private void answered(ExchangeRecord exchange) {
        Failure failure = exchange.failure;
        HttpHeaders fields = exchange.responseFields;
        if (failure == null || fields == null || !fields.contains(LocalResponse.DENY_FIELD)) {
            return;
        }
        boolean found = failure.code().startsWith("dlp_");
        String target = found ? "" : exchange.target;
        note(exchange.caller, exchange.method, url(exchange.tls, exchange.authority, target), exchange.status, failure, fields);
    }

    private void refused(Event.ConnectionRefused refused) {
        Authority authority = refused.authority();
        LocalResponse answer = refused.answer();
        if (authority == null || answer == null) {
            return;
        }
        HttpHeaders fields = answer.head().headers();
        note(
                refused.caller(),
                new Denial(
                        clock.instant(),
                        "CONNECT",
                        authority.toString(),
                        refused.status(),
                        refused.code(),
                        fields.get(LocalResponse.HINT_FIELD, ""),
                        told(refused.code(), refused.words())));
    }

    private void note(
            Caller caller, String method, String url, int status, Failure failure, HttpHeaders fields) {
        note(
                caller,
                new Denial(
                        clock.instant(),
                        method,
                        url,
                        status,
                        failure.code(),
                        fields.get(LocalResponse.HINT_FIELD, ""),
                        told(failure.code(), failure.words())));
    }

    private synchronized void note(Caller caller, Denial denial) {
        Deque<Noted> own = byCaller.computeIfAbsent(caller, _ -> new ArrayDeque<>());
        own.addFirst(new Noted(denial));
        if (own.size() > MOST_OF_A_CALLER) {
            own.removeLast();
        }
        if (byCaller.size() > MOST_CALLERS) {
            byCaller.remove(byCaller.keySet().iterator().next());
        }
    }

    /** Of this caller, the latest first. */
    synchronized List<Known> of(Caller caller) {
        List<Known> known = new ArrayList<>();
        for (Noted noted : byCaller.getOrDefault(caller, new ArrayDeque<>())) {
            String id = noted.id;
            if (id == null) {
                byte[] bytes = new byte[ID_BYTES];
                random.nextBytes(bytes);
                id = HexFormat.of().formatHex(bytes);
                noted.id = id;
            }
            known.add(new Known(id, noted.denial));
        }
        return known;
    }

    /** Empty for an unknown id and for another caller's, which must not be told apart. */
    Optional<Known> find(Caller caller, String id) {
        return of(caller).stream().filter(known -> known.id().equals(id)).findFirst();
    }

    private static String url(boolean tls, Authority authority, String target) {
        int end = target.indexOf('?');
        String path = end < 0 ? target : target.substring(0, end);
        return cut((tls ? "https://" : "http://") + authority.toHostField(tls) + path, LONGEST_URL);
    }

    /** The words of a denial, as a caller may see them again. */
    static String told(String code, String words) {
        return code.equals("credential_unavailable")
                ? "the credential of this route is not there: only the operator can mend that"
                : cut(FINGERPRINT.matcher(words).replaceAll("fp:…"), LONGEST_WORDS);
    }

    private static String cut(String text, int longest) {
        return text.length() <= longest ? text : text.substring(0, longest) + "…";
    }
}
