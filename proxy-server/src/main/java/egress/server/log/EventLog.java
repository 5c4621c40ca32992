package egress.server.log;

import egress.exchange.Event;
import egress.exchange.ExchangeRecord;
import egress.exchange.Inspection;
import egress.exchange.Observer;
import egress.server.config.LogSettings;
import egress.server.log.LogEvent.Facts;
import egress.share.Caller;
import java.time.InstantSource;
import java.time.ZoneId;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The lines of exchanges: the terminal's, which flags rule, and the audit lines, which {@code log:} of the routes file
 * rules. Copies what it needs on the event loop and leaves the words to the {@link AsyncWriter}.
 *
 * <p>As text the terminal's lines go to standard output and the audit's JSON to standard error; where one terminal shows both, what
 * stands there as text does not stand there as JSON. As JSON there is one stream on standard output, in which an event that both ask
 * for stands once.
 */
public final class EventLog implements Observer {
    private static final int BLOCKS = 1;
    private static final int FULL = 2;

    private final LogSettings settings;
    private final AsyncWriter writer;
    private final InstantSource clock;
    private final Terminal terminal;
    private final boolean oneTerminal;
    private final BodyCapture bodies = new BodyCapture();
    /** Made by the writer's thread at its first line of JSON: it takes some time to load. */
    private @Nullable JsonFormat json;

    private SecretMasker latest;
    private volatile Rules rules;

    /**
     * What the routes file of the moment says.
     *
     * @param level 0 off, 1 blocks, 2 full
     */
    public record Rules(int level, SecretMasker masker) {}

    /** @param filter of what the terminal shows */
    public EventLog(
            LogSettings settings,
            Streams streams,
            AsyncWriter writer,
            InstantSource clock,
            Rules rules,
            ExchangeFilter filter) {
        this.settings = settings;
        this.writer = writer;
        this.clock = clock;
        this.terminal = new Terminal(settings, streams.colours(), ZoneId.systemDefault(), filter);
        this.oneTerminal = streams.oneTerminal();
        this.rules = rules;
        this.latest = rules.masker();
        writer.keep(terminal::due);
    }

    /** New routes; what the old ones held stays masked until the next ones, for exchanges that began before. */
    public synchronized void update(Rules next) {
        SecretMasker both = next.masker().and(latest);
        both.prepare();
        rules = new Rules(next.level(), both);
        latest = next.masker();
    }

    /** What takes secrets out of what is written down, as the routes of the moment say. */
    public SecretMasker masker() {
        return rules.masker();
    }

    /** Pays what the first line would cost. */
    public void warmUp() {
        rules.masker().prepare();
    }

    @Override
    public void on(Event event) {
        switch (event) {
            case Event.Started started -> onHead(ExchangeEvents.Arrived::new, started.exchange());
            case Event.Allowed allowed -> onAllowed(allowed.exchange());
            case Event.Found found -> onFound(found.exchange(), found.hit());
            case Event.ResponseHead head -> onAnswered(head.exchange());
            case Event.Ended ended -> onEnded(ended.exchange());
            case Event.RequestPart part -> {
                if (isShown() && settings.showsBodies()) {
                    bodies.request(part.exchange(), part.part().content());
                }
            }
            case Event.ResponsePart part -> {
                if (isShown() && settings.showsBodies()) {
                    bodies.response(part.exchange(), part.part().content());
                }
            }
            case Event.ConnectionRefused refused -> onRefused(refused);
            case Event.HandshakeFailed it -> offerFull(ConnectionEvents.HandshakeFailed.of(now(), it), it.caller());
            case Event.TunnelEnded it ->
                offer(
                        ConnectionEvents.TunnelEnded.of(now(), it),
                        it.caller(),
                        settings.showsAll(),
                        rules.level() >= FULL);
            case Event.ConnectionOpened it -> offerVerbose(ConnectionEvents.Opened.of(now(), it), it.caller());
            case Event.ConnectionClosed it -> offerVerbose(ConnectionEvents.Closed.of(now(), it), it.caller());
            case Event.ClientHelloRead it -> offerVerbose(ConnectionEvents.HelloSeen.of(now(), it), it.caller());
            case Event.HandshakeDone it -> offerVerbose(ConnectionEvents.HandshakeDone.of(now(), it), it.caller());
        }
    }

    private long now() {
        return clock.millis();
    }

    /** A head is shown to people alone: collectors get it once it was judged, or with the end of the exchange. */
    private void onHead(Function<Facts, LogEvent> event, ExchangeRecord exchange) {
        if (settings.showsAll() && settings.format() == LogSettings.Format.TEXT) {
            offer(event.apply(Facts.of(exchange, now(), needsFields())), exchange.caller, true, false);
        }
    }

    private void onAnswered(ExchangeRecord exchange) {
        if (exchange.firstByteNanos != 0) { // an answer of our own is over with its head
            onHead(ExchangeEvents.Answered::new, exchange);
        }
    }

    private void onAllowed(ExchangeRecord exchange) {
        boolean audit = rules.level() >= FULL;
        boolean shown = settings.showsAll() && settings.format() == LogSettings.Format.JSON;
        if (audit || shown) {
            offer(
                    new ExchangeEvents.Requested(Facts.of(exchange, now(), shown && withFields())),
                    exchange.caller,
                    shown,
                    audit);
        }
    }

    private void onFound(ExchangeRecord exchange, Inspection.Hit hit) {
        boolean always = hit.effect() == Inspection.Effect.LOCKED;
        offer(
                new ExchangeEvents.Found(now(), exchange.downstream, exchange.authority, exchange.id, hit),
                exchange.caller,
                always || isShown(),
                always || rules.level() >= BLOCKS);
    }

    private void onEnded(ExchangeRecord exchange) {
        boolean block = exchange.failure != null && Facts.isBlock(exchange.failure);
        Bodies kept = settings.showsBodies() ? bodies.ended(exchange) : null;
        boolean audit = rules.level() >= (block ? BLOCKS : FULL);
        boolean shown = exchange.failure == null ? settings.showsAll() : isShown();
        if (audit || shown) {
            offer(
                    new ExchangeEvents.Ended(Facts.of(exchange, now(), shown && needsFields()), kept),
                    exchange.caller,
                    shown,
                    audit);
        }
    }

    private void onRefused(Event.ConnectionRefused refused) {
        ConnectionEvents.Refused line = ConnectionEvents.Refused.of(now(), refused);
        offer(line, refused.caller(), isShown(), rules.level() >= (line.isBlock() ? BLOCKS : FULL));
    }

    /** Says that the candidate for the routes file would have decided otherwise; from any thread. */
    public void flipped(ShadowFlip flip, Caller caller) {
        offer(flip, caller, isShown(), rules.level() >= BLOCKS);
    }

    private boolean isShown() {
        return settings.detail() > 0;
    }

    private boolean withFields() {
        return settings.detail() >= 2;
    }

    /** Also to be filtered by. */
    private boolean needsFields() {
        return withFields() || settings.filter().isPresent();
    }

    private void offerFull(LogEvent event, Caller caller) {
        offer(event, caller, isShown(), rules.level() >= FULL);
    }

    private void offerVerbose(LogEvent event, Caller caller) {
        offer(event, caller, settings.verbose(), false);
    }

    /**
     * @param caller whose share of the log's memory it takes
     * @param shown on the terminal; {@code audit}: asked for by the routes file
     */
    private void offer(LogEvent event, Caller caller, boolean shown, boolean audit) {
        if (shown || audit) {
            SecretMasker masker = rules.masker();
            writer.offer((out, err) -> render(event, masker, shown, audit, out, err), caller, event.weight());
        }
    }

    private void render(
            LogEvent event, SecretMasker masker, boolean shown, boolean audit, StringBuilder out, StringBuilder err) {
        if (settings.format() == LogSettings.Format.JSON) {
            json(event, masker, shown && withFields(), out);
            return;
        }
        if (shown) {
            terminal.append(event, masker, out);
        }
        if (audit && !(shown && oneTerminal)) {
            json(event, masker, false, err);
        }
    }

    private void json(LogEvent event, SecretMasker masker, boolean withFields, StringBuilder to) {
        if (event instanceof LogEvent.Recorded recorded) {
            JsonFormat known = json;
            if (known == null) {
                known = new JsonFormat();
                json = known;
            }
            known.append(recorded, masker, withFields, to);
        }
    }
}
