package egress.server.log;

import egress.exchange.Failure;
import egress.http.Printable;
import egress.server.config.LogSettings;
import egress.server.log.LogEvent.Facts;
import egress.server.log.LogEvent.Phases;
import egress.server.log.Terminal.Colour;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The lines of exchanges: the request's when it comes, the response's when its head is there, and one more at the end where that says
 * more. A response that is whole soon after its head is one line; one whose line does not stand below its request's repeats what was
 * asked for.
 */
final class ExchangeLines {
    private static final int LONGEST_URL = 120;
    private static final int LONGEST_VALUE = 200;
    /** How long a response's head waits for the end, so that both are one line. */
    private static final long TOGETHER_NANOS = Duration.ofMillis(50).toNanos();
    /** More exchanges than that are forgotten, and shown as if they began with their next line. */
    private static final int MOST = 20_000;

    private final Terminal terminal;
    private final int detail;
    /** Whether an exchange has one line, at its end. */
    private final boolean oneLine;

    private final ExchangeFilter filter;
    /** Exchanges of which something was shown or is kept, the oldest first. */
    private final Map<Long, Shown> open = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, Shown> eldest) {
            return size() > MOST;
        }
    };
    /** Heads that wait for their end, the oldest first. */
    private final Map<Long, Waiting> waiting = new LinkedHashMap<>();

    /** What was shown of an exchange. */
    private enum Shown {
        REQUEST,
        RESPONSE
    }

    private record Waiting(Facts facts, SecretMasker masker, long dueNanos) {}

    ExchangeLines(Terminal terminal, LogSettings settings, ExchangeFilter filter) {
        this.terminal = terminal;
        this.detail = settings.detail();
        this.oneLine = !settings.showsAll() && detail == 1;
        this.filter = filter;
    }

    void arrived(Facts facts) {
        if (filter.isAboutRequests() && filter.matches(facts, terminal.masker())) {
            request(facts, terminal.masker());
            open.put(facts.id(), Shown.REQUEST);
        }
    }

    void answered(Facts facts) {
        waiting.put(facts.id(), new Waiting(facts, terminal.masker(), System.nanoTime() + TOGETHER_NANOS));
    }

    /** Writes the heads whose end did not come in time; whether others still wait. */
    boolean due(long nowNanos) {
        Iterator<Waiting> oldest = waiting.values().iterator();
        while (oldest.hasNext()) {
            Waiting next = oldest.next();
            if (next.dueNanos() - nowNanos > 0) {
                return true;
            }
            oldest.remove();
            head(next.facts(), next.masker());
        }
        return false;
    }

    private void head(Facts facts, SecretMasker masker) {
        if (!isShown(facts, masker)) {
            return;
        }
        open.put(facts.id(), Shown.RESPONSE);
        beginResponse(facts, masker);
        terminal.coloured(colourOf(facts.status()), version(facts) + " " + Terminal.status(facts.status()));
        if (facts.phases().firstByte() >= 0) {
            terminal.plain(" " + TerminalText.time(facts.phases().firstByte()));
        }
        terminal.end(facts.id());
        if (detail >= 2) {
            fields(facts.responseFields(), masker);
        }
    }

    void ended(Facts facts, @Nullable Bodies bodies) {
        SecretMasker masker = terminal.masker();
        waiting.remove(facts.id());
        if (!isShown(facts, masker)) {
            return;
        }
        if (bodies != null) {
            bodies.request().write(terminal, masker);
        }
        if (open.remove(facts.id()) == Shown.RESPONSE) {
            if (facts.responseBytes() > 0 || facts.failure() != null) {
                end(facts, masker);
            }
        } else {
            beginResponse(facts, masker);
            outcome(facts, masker);
            terminal.end(facts.id());
            if (detail >= 2) {
                fields(facts.responseFields(), masker);
            }
        }
        if (bodies != null) {
            bodies.response().write(terminal, masker);
        }
        if (detail >= 3) {
            below(upstream(facts, masker));
            below(phases(facts.phases()));
        }
    }

    /** Whether it is to be seen; its request's line stands then. */
    private boolean isShown(Facts facts, SecretMasker masker) {
        if (open.containsKey(facts.id())) {
            return true;
        }
        if (!filter.matches(facts, masker)) {
            return false;
        }
        if (!oneLine) {
            request(facts, masker);
        }
        open.put(facts.id(), Shown.REQUEST);
        return true;
    }

    private void request(Facts facts, SecretMasker masker) {
        terminal.begin(facts.time(), facts.downstream());
        terminal.coloured(Colour.PLAIN, asked(facts, masker) + " " + facts.version());
        terminal.end(facts.id());
        if (detail >= 2) {
            fields(facts.requestFields(), masker);
        }
    }

    private String asked(Facts facts, SecretMasker masker) {
        String url = masker.text(facts.url());
        return Printable.line(masker.text(facts.method())) + " "
                + Printable.line(detail < 2 ? TerminalText.cut(url, LONGEST_URL) : url);
    }

    /** Below the request's line, or with what was asked for where another line came between. */
    private void beginResponse(Facts facts, SecretMasker masker) {
        if (!oneLine && terminal.isAbout(facts.id())) {
            terminal.plain(Terminal.INDENT);
        } else {
            terminal.begin(facts.time(), facts.downstream());
            terminal.coloured(Colour.PLAIN, asked(facts, masker)).plain(" ");
        }
        terminal.plain("<< ");
    }

    private void outcome(Facts facts, SecretMasker masker) {
        Failure failure = facts.failure();
        String took = TerminalText.time(facts.phases().lastByte());
        String size = TerminalText.size(facts.responseBytes());
        if (failure == null) {
            terminal.coloured(colourOf(facts.status()), version(facts) + " " + Terminal.status(facts.status()))
                    .plain(" " + size + " " + took);
            return;
        }
        boolean answered = facts.phases().firstByte() >= 0;
        String what = facts.status() == 0 || answered ? "" : Terminal.status(facts.status()) + " ";
        if (answered) {
            terminal.plain(version(facts) + " ")
                    .plain(Terminal.status(facts.status()))
                    .plain(" " + size + " " + took + ", then ");
        }
        terminal.coloured(colourOf(facts), what + why(failure, masker));
        if (!answered) {
            terminal.plain(" " + took);
        }
    }

    /** The end of a response whose head stands already. */
    private void end(Facts facts, SecretMasker masker) {
        beginResponse(facts, masker);
        terminal.plain("end " + TerminalText.size(facts.responseBytes()) + " "
                + TerminalText.time(facts.phases().lastByte()));
        Failure failure = facts.failure();
        if (failure != null) {
            terminal.plain(", ").coloured(colourOf(facts), why(failure, masker));
        }
        terminal.end(facts.id());
    }

    private static String why(Failure failure, SecretMasker masker) {
        return failure.code() + ": " + masker.text(failure.words());
    }

    private static String version(Facts facts) {
        return facts.upstreamVersion() == null ? facts.version() : facts.upstreamVersion();
    }

    private static Colour colourOf(int status) {
        return status < 400 ? Colour.GREEN : status < 500 ? Colour.YELLOW : Colour.RED;
    }

    private static Colour colourOf(Facts failed) {
        return failed.isBlock() ? Colour.RED : Colour.YELLOW;
    }

    private void fields(List<Map.Entry<String, String>> fields, SecretMasker masker) {
        for (Map.Entry<String, String> field : fields) {
            String value = masker.field(field.getKey(), field.getValue());
            terminal.plain(Terminal.INDENT + Terminal.INDENT)
                    .coloured(Colour.DIM, field.getKey() + ":")
                    .plain(" ")
                    .coloured(
                            Colour.PLAIN,
                            detail < LogSettings.MOST_DETAIL ? TerminalText.cut(value, LONGEST_VALUE) : value)
                    .plain("\n");
        }
    }

    private void below(String words) {
        terminal.indented(Terminal.INDENT, Colour.DIM, words);
    }

    private static String upstream(Facts facts, SecretMasker masker) {
        StringBuilder words = new StringBuilder("route ").append(facts.route() == null ? "none" : facts.route());
        if (facts.rule() != null) {
            words.append(", rule ").append(masker.text(facts.rule()));
        }
        if (facts.ask() != null) {
            words.append(", ask ").append(facts.ask());
        }
        if (facts.upstreamAddress() != null) {
            words.append(", by ")
                    .append(facts.upstreamAddress())
                    .append(facts.upstreamReused() ? " (open before)" : "");
        }
        if (facts.injected()) {
            words.append(", credential injected");
        }
        return words.append(", ")
                .append(TerminalText.size(facts.requestBytes()))
                .append(" sent")
                .toString();
    }

    private static String phases(Phases phases) {
        StringBuilder words = new StringBuilder();
        if (phases.caller().accept() > 0) { // the connection's first
            phase(words, "accept", phases.caller().accept());
            phase(words, "hello", phases.caller().hello());
            phase(words, "mint", phases.caller().mint());
            phase(words, "handshake", phases.caller().handshake());
        }
        phase(words, "verdict", phases.verdict());
        phase(words, "connect", phases.connect());
        phase(words, "tls", phases.tls());
        phase(words, "stream", phases.acquired());
        phase(words, "first byte", phases.firstByte());
        phase(words, "last byte", phases.lastByte());
        return words.toString();
    }

    private static void phase(StringBuilder to, String name, long nanos) {
        if (nanos >= 0) {
            to.append(to.isEmpty() ? "" : ", ").append(name).append(' ').append(TerminalText.time(nanos));
        }
    }
}
