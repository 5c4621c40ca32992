package egress.server.log;

import egress.http.Printable;
import egress.server.config.LogSettings;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.util.NetUtil;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import org.jspecify.annotations.Nullable;

/** Writes lines for a terminal, of which none is a command to it. Used by the log's thread alone. */
final class Terminal {
    static final String INDENT = "    ";

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss.SSS");

    enum Colour {
        PLAIN(""),
        DIM("\u001b[2m"),
        GREEN("\u001b[32m"),
        YELLOW("\u001b[33m"),
        RED("\u001b[31m");

        private final String code;

        Colour(String code) {
            this.code = code;
        }
    }

    private final LogSettings settings;
    private final boolean colours;
    private final ZoneId zone;
    private final ExchangeLines exchanges;
    /** Of the event that is being written. */
    private StringBuilder out = new StringBuilder();

    private @Nullable SecretMasker masker;
    /** The exchange that the last line is about; 0 where it is about none. */
    private long lastExchange;

    /** @param zone of the times in front of lines */
    Terminal(LogSettings settings, boolean colours, ZoneId zone, ExchangeFilter filter) {
        this.settings = settings;
        this.colours = colours;
        this.zone = zone;
        this.exchanges = new ExchangeLines(this, settings, filter);
    }

    /** Writes an event, or keeps it until {@link #due} because the next one may say it all. */
    void append(LogEvent event, SecretMasker by, StringBuilder to) {
        out = to;
        masker = by;
        event.text(this);
    }

    /** Writes what was kept for long enough; whether something is still kept. */
    boolean due(long nowNanos, StringBuilder to) {
        out = to;
        return exchanges.due(nowNanos);
    }

    ExchangeLines exchanges() {
        return exchanges;
    }

    SecretMasker masker() {
        if (masker == null) {
            throw new IllegalStateException("nothing is being written");
        }
        return masker;
    }

    String masked(String text) {
        return masker().text(text);
    }

    /** Whether the last line is about this exchange, so that the next may leave its name out. */
    boolean isAbout(long exchange) {
        return lastExchange == exchange;
    }

    /** Says which exchange the line that was just written is about. */
    void about(long exchange) {
        lastExchange = exchange;
    }

    /** A line of a connection. */
    void line(LogEvent event, Colour colour, String words) {
        begin(event.time(), event.downstream());
        coloured(colour, masked(words));
        end(0);
    }

    /** Begins a line with the time, where that is asked for, and the caller. */
    void begin(long time, SocketAddress caller) {
        if (settings.timestamps()) {
            coloured(Colour.DIM, TIME.format(Instant.ofEpochMilli(time).atZone(zone)));
            out.append(' ');
        }
        out.append(address(caller)).append(": ");
    }

    /** A line below the one before. */
    void indented(String plain, Colour colour, String words) {
        out.append(INDENT).append(plain);
        coloured(colour, words);
        out.append('\n');
    }

    void end(long exchange) {
        out.append('\n');
        lastExchange = exchange;
    }

    /** Text of ours. */
    Terminal plain(String words) {
        out.append(words);
        return this;
    }

    Terminal coloured(Colour colour, String words) {
        String plain = Printable.line(words);
        if (!colours || colour == Colour.PLAIN) {
            out.append(plain);
        } else {
            out.append(colour.code).append(plain).append("\u001b[0m");
        }
        return this;
    }

    static String status(int status) {
        return HttpResponseStatus.valueOf(status).toString();
    }

    /** A caller's address without a lookup of its name. */
    static String address(@Nullable SocketAddress address) {
        return address instanceof InetSocketAddress inet && inet.getAddress() != null
                ? NetUtil.toSocketAddressString(inet)
                : String.valueOf(address);
    }
}
