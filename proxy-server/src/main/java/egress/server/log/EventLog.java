package egress.server.log;

import egress.exchange.Event;
import egress.exchange.ExchangeRecord;
import egress.exchange.Inspection;
import egress.exchange.Observer;
import egress.server.config.LogSettings;
import egress.server.log.LogEvent.Facts;
import egress.share.Caller;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/**
 * The lines of exchanges: the terminal's, which flags rule, and the audit lines, which {@code log:} of the routes file
 * rules. Copies what it needs on the event loop and leaves the words to the {@link AsyncWriter}.
 *
 * <p>As text the terminal's lines go to standard output and the audit's JSON to standard error. As JSON there is one
 * stream on standard output, in which an event that both ask for stands once.
 */
public final class EventLog implements Observer {
    private static final int BLOCKS = 1;
    private static final int FULL = 2;

    private final LogSettings settings;
    private final AsyncWriter writer;
    private final InstantSource clock;
    private final TextFormat text;
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

    public EventLog(LogSettings settings, boolean colours, AsyncWriter writer, InstantSource clock, Rules rules) {
        this.settings = settings;
        this.writer = writer;
        this.clock = clock;
        this.text = new TextFormat(settings.detail(), colours);
        this.rules = rules;
        this.latest = rules.masker();
    }

    /** New routes; what the old ones held stays masked until the next ones, for exchanges that began before. */
    public synchronized void update(Rules next) {
        SecretMasker both = next.masker().and(latest);
        both.prepare();
        rules = new Rules(next.level(), both);
        latest = next.masker();
    }

    /** What masks everything that is written down, by the routes of the moment and those before. */
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
            case Event.Allowed allowed -> onAllowed(allowed.exchange());
            case Event.Found found -> onFound(found.exchange(), found.hit());
            case Event.Ended ended -> onEnded(ended.exchange());
            case Event.ConnectionRefused refused -> onRefused(refused);
            case Event.HandshakeFailed failed ->
                offerFull(
                        new LogEvent.HandshakeFailed(
                                clock.millis(), failed.downstream(), failed.authority(), failed.words()),
                        failed.caller());
            case Event.TunnelEnded ended ->
                offerFull(
                        new LogEvent.TunnelEnded(
                                clock.millis(),
                                ended.downstream(),
                                ended.authority(),
                                ended.bytesUp(),
                                ended.bytesDown()),
                        ended.caller());
            case Event.ConnectionOpened opened ->
                offerVerbose(new LogEvent.Opened(clock.millis(), opened.downstream()), opened.caller());
            case Event.ConnectionClosed closed ->
                offerVerbose(new LogEvent.Closed(clock.millis(), closed.downstream()), closed.caller());
            case Event.ClientHelloRead hello ->
                offerVerbose(
                        new LogEvent.HelloSeen(
                                clock.millis(), hello.downstream(), hello.authority(), hello.sni(), hello.alpn()),
                        hello.caller());
            case Event.HandshakeDone done ->
                offerVerbose(
                        new LogEvent.HandshakeDone(
                                clock.millis(), done.downstream(), done.authority(), done.protocol(), done.nanos()),
                        done.caller());
            case Event.Started _, Event.RequestPart _, Event.ResponseHead _, Event.ResponsePart _ -> {}
        }
    }

    private void onAllowed(ExchangeRecord exchange) {
        boolean audit = rules.level() >= FULL;
        boolean shown = isShown() && settings.format() == LogSettings.Format.JSON;
        if (audit || shown) {
            offer(
                    new LogEvent.Requested(Facts.of(exchange, clock.millis(), shown && withFields())),
                    exchange.caller,
                    shown,
                    audit);
        }
    }

    private void onFound(ExchangeRecord exchange, Inspection.Hit hit) {
        boolean always = hit.effect() == Inspection.Effect.LOCKED;
        offer(
                new LogEvent.Found(clock.millis(), exchange.downstream, exchange.authority, exchange.id, hit),
                exchange.caller,
                always || isShown(),
                always || rules.level() >= BLOCKS);
    }

    private void onEnded(ExchangeRecord exchange) {
        boolean block = exchange.failure != null && Facts.isBlock(exchange.failure);
        boolean audit = rules.level() >= (block ? BLOCKS : FULL);
        if (audit || isShown()) {
            offer(
                    new LogEvent.Ended(Facts.of(exchange, clock.millis(), isShown() && withFields())),
                    exchange.caller,
                    isShown(),
                    audit);
        }
    }

    private void onRefused(Event.ConnectionRefused refused) {
        LogEvent.Refused line = new LogEvent.Refused(
                clock.millis(),
                refused.downstream(),
                refused.authority(),
                refused.status(),
                refused.code(),
                refused.words());
        offer(line, refused.caller(), isShown(), rules.level() >= (JsonFormat.isBlock(line) ? BLOCKS : FULL));
    }

    private boolean isShown() {
        return settings.detail() > 0;
    }

    private boolean withFields() {
        return settings.detail() >= 2;
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
            json().append(event, masker, shown && withFields(), out);
            return;
        }
        if (shown) {
            text.append(event, masker, out);
        }
        if (audit) {
            json().append(event, masker, false, err);
        }
    }

    private JsonFormat json() {
        JsonFormat known = json;
        if (known == null) {
            known = new JsonFormat();
            json = known;
        }
        return known;
    }
}
