package egress.server.log;

import egress.exchange.ExchangeRecord;
import egress.exchange.Inspection;
import egress.exchange.Observer;
import egress.http.Authority;
import egress.server.config.LogSettings;
import egress.server.log.LogEvent.Facts;
import egress.share.Caller;
import java.net.SocketAddress;
import java.time.InstantSource;
import java.util.List;
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

    /** Pays what the first line would cost. */
    public void warmUp() {
        rules.masker().prepare();
    }

    @Override
    public void requested(ExchangeRecord exchange) {
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

    @Override
    public void found(ExchangeRecord exchange, Inspection.Hit hit) {
        boolean always = hit.effect() == Inspection.Effect.LOCKED;
        offer(
                new LogEvent.Found(clock.millis(), exchange.downstream, exchange.authority, exchange.id, hit),
                exchange.caller,
                always || isShown(),
                always || rules.level() >= BLOCKS);
    }

    @Override
    public void ended(ExchangeRecord exchange) {
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

    @Override
    public void connectionRefused(
            SocketAddress downstream, @Nullable Authority authority, int status, String code, String words) {
        LogEvent.Refused event = new LogEvent.Refused(clock.millis(), downstream, authority, status, code, words);
        offer(event, downstream, isShown(), rules.level() >= (JsonFormat.isBlock(event) ? BLOCKS : FULL));
    }

    @Override
    public void handshakeFailed(SocketAddress downstream, Authority authority, String words) {
        offer(
                new LogEvent.HandshakeFailed(clock.millis(), downstream, authority, words),
                downstream,
                isShown(),
                rules.level() >= FULL);
    }

    @Override
    public void tunnelEnded(SocketAddress downstream, Authority authority, long bytesUp, long bytesDown) {
        offer(
                new LogEvent.TunnelEnded(clock.millis(), downstream, authority, bytesUp, bytesDown),
                downstream,
                isShown(),
                rules.level() >= FULL);
    }

    @Override
    public void connectionOpened(SocketAddress downstream) {
        if (settings.verbose()) {
            offer(new LogEvent.Opened(clock.millis(), downstream), downstream, true, false);
        }
    }

    @Override
    public void connectionClosed(SocketAddress downstream) {
        if (settings.verbose()) {
            offer(new LogEvent.Closed(clock.millis(), downstream), downstream, true, false);
        }
    }

    @Override
    public void clientHello(SocketAddress downstream, Authority authority, @Nullable String sni, List<String> alpn) {
        if (settings.verbose()) {
            offer(new LogEvent.HelloSeen(clock.millis(), downstream, authority, sni, alpn), downstream, true, false);
        }
    }

    @Override
    public void handshakeDone(SocketAddress downstream, Authority authority, String protocol, long nanos) {
        if (settings.verbose()) {
            offer(
                    new LogEvent.HandshakeDone(clock.millis(), downstream, authority, protocol, nanos),
                    downstream,
                    true,
                    false);
        }
    }

    private boolean isShown() {
        return settings.detail() > 0;
    }

    private boolean withFields() {
        return settings.detail() >= 2;
    }

    private void offer(LogEvent event, SocketAddress downstream, boolean shown, boolean audit) {
        if (shown || audit) {
            offer(event, Caller.ofAddress(downstream), shown, audit);
        }
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
