package egress.server.run;

import egress.exchange.Event;
import egress.exchange.ExchangeRecord;
import egress.exchange.Failure;
import egress.exchange.Inspection;
import egress.exchange.Observer;
import egress.server.log.LogEvent.Facts;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** What is worth saying of a run when it is over: what was denied, found or failed, each kind once with its count. */
public final class RunReport implements Observer {
    private static final int MOST_LINES = 100;

    private enum Kind {
        DENIED,
        FOUND,
        FAILED,
        TLS
    }

    private record Line(Kind kind, String words) {}

    private final Map<Line, Integer> lines = new LinkedHashMap<>();
    private final Map<Kind, Integer> counts = new LinkedHashMap<>();
    private long exchanges;

    @Override
    public void on(Event event) {
        switch (event) {
            case Event.Ended ended -> onEnded(ended.exchange());
            case Event.Found found -> onFound(found.exchange(), found.hit());
            case Event.ConnectionRefused it -> {
                if (it.status() != 0) {
                    add(
                            Kind.DENIED,
                            "CONNECT " + it.authority() + ": " + it.status() + " " + it.code() + ": " + it.words());
                }
            }
            case Event.HandshakeFailed it -> add(Kind.TLS, it.words());
            case Event.ConnectionOpened _,
                    Event.ConnectionClosed _,
                    Event.ClientHelloRead _,
                    Event.HandshakeDone _,
                    Event.TunnelEnded _,
                    Event.Started _,
                    Event.Allowed _,
                    Event.RequestPart _,
                    Event.ResponseHead _,
                    Event.ResponsePart _ -> {}
        }
    }

    private synchronized void onEnded(ExchangeRecord exchange) {
        exchanges++;
        Failure failure = exchange.failure;
        if (failure == null || failure instanceof Failure.DownstreamGone) {
            return;
        }
        String status = exchange.status == 0 ? "" : exchange.status + " ";
        add(
                Facts.isBlock(failure) ? Kind.DENIED : Kind.FAILED,
                asked(exchange) + ": " + status + failure.code() + ": " + failure.words());
    }

    private void onFound(ExchangeRecord exchange, Inspection.Hit hit) {
        add(
                Kind.FOUND,
                hit.detector() + " in " + hit.place() + " of " + asked(exchange) + ": "
                        + hit.effect().code() + ", fingerprint " + hit.fingerprint());
    }

    private static String asked(ExchangeRecord exchange) {
        String path = exchange.target.equals("*") ? "/*" : exchange.target;
        return exchange.method + " " + (exchange.tls ? "https://" : "http://")
                + exchange.authority.toHostField(exchange.tls) + path;
    }

    private synchronized void add(Kind kind, String words) {
        counts.merge(kind, 1, Integer::sum);
        Line line = new Line(kind, words);
        if (lines.containsKey(line) || lines.size() < MOST_LINES) {
            lines.merge(line, 1, Integer::sum);
        }
    }

    /**
     * The lines, the first of which is about all.
     *
     * @param program as people call it
     * @param masked takes secrets out of a text
     */
    public synchronized List<String> lines(String program, int status, UnaryOperator<String> masked) {
        List<String> all = new ArrayList<>();
        all.add(program + " ended with " + status + ": " + count(exchanges, "exchange") + ", "
                + counts.getOrDefault(Kind.DENIED, 0) + " denied, " + counts.getOrDefault(Kind.FAILED, 0) + " failed"
                + part(", ", Kind.FOUND, "finding") + part(", ", Kind.TLS, "failed handshake"));
        lines.forEach((line, times) -> all.add(
                label(line.kind()) + (times == 1 ? "" : " " + times + "x") + ": " + masked.apply(line.words())));
        if (exchanges == 0 && counts.isEmpty()) {
            all.add(
                    "nothing came through the gate: either it asked for nothing, or it ignores the proxy variables, as Node"
                            + " before 22.21 and 24.0 does");
        }
        int shown = lines.values().stream().mapToInt(Integer::intValue).sum();
        int more = counts.values().stream().mapToInt(Integer::intValue).sum() - shown;
        if (more > 0) {
            all.add("and " + more + " more");
        }
        return all;
    }

    private String part(String before, Kind kind, String name) {
        int number = counts.getOrDefault(kind, 0);
        return number == 0 ? "" : before + count(number, name);
    }

    private static String count(long number, String name) {
        return number + " " + name + (number == 1 ? "" : "s");
    }

    private static String label(Kind kind) {
        return switch (kind) {
            case DENIED -> "denied";
            case FOUND -> "found";
            case FAILED -> "failed";
            case TLS -> "TLS";
        };
    }
}
