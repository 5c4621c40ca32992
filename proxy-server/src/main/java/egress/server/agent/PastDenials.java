package egress.server.agent;

import egress.exchange.Event;
import egress.exchange.ExchangeRecord;
import egress.exchange.Failure;
import egress.exchange.LocalResponse;
import egress.exchange.Observer;
import egress.http.Authority;
import egress.policy.Route;
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
 * The latest denials of each caller, as it got them: no query, no path where DLP found something, no fingerprint, and no name
 * of a token's variable. Bounded; from any thread, with a lock that is held for a few map look-ups of requests that were denied.
 */
public final class PastDenials implements Observer {
    private static final int MOST_OF_A_CALLER = 32;
    private static final int MOST_CALLERS = 256;
    private static final int LONGEST_METHOD = 30;
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

    /**
     * A denial as the caller got it.
     *
     * @param question the id of the question to an operator; empty where none was asked
     */
    record Denial(
            Instant time,
            String method,
            String url,
            int status,
            String code,
            String hint,
            String words,
            String question) {
        /** @param fields of the answer */
        static Denial of(
                Instant time, String method, String url, int status, String code, String words, HttpHeaders fields) {
            return new Denial(
                    time,
                    cut(method, LONGEST_METHOD),
                    cut(url, LONGEST_URL),
                    status,
                    code,
                    fields.get(LocalResponse.HINT_FIELD, ""),
                    told(code, words),
                    fields.get(LocalResponse.ASK_FIELD, ""));
        }
    }

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
        // What DLP found may be in the path, or in a pattern's name; what an operator is asked about is in the
        // question.
        boolean hidden = failure.code().startsWith("dlp_") || failure.code().equals("ask_pending");
        Route route = exchange.route;
        Authority shown = hidden && route != null ? route.masked(exchange.authority) : exchange.authority;
        String url = url(exchange.tls, shown, hidden ? "" : exchange.target);
        note(
                exchange.caller,
                Denial.of(
                        clock.instant(),
                        exchange.method,
                        url,
                        exchange.status,
                        failure.code(),
                        failure.words(),
                        fields));
    }

    private void refused(Event.ConnectionRefused refused) {
        Authority authority = refused.authority();
        LocalResponse answer = refused.answer();
        if (authority == null || answer == null) {
            return;
        }
        note(
                refused.caller(),
                Denial.of(
                        clock.instant(),
                        "CONNECT",
                        authority.toString(),
                        refused.status(),
                        refused.code(),
                        refused.words(),
                        answer.head().headers()));
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

    /** Empty for an unknown id and for another caller's, which must look the same. */
    Optional<Known> find(Caller caller, String id) {
        return of(caller).stream().filter(known -> known.id().equals(id)).findFirst();
    }

    private static String url(boolean tls, Authority authority, String target) {
        int end = target.indexOf('?');
        String path = end < 0 ? target : target.substring(0, end);
        return (tls ? "https://" : "http://") + authority.toHostField(tls) + path;
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
