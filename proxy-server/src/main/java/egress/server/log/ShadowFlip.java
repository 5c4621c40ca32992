package egress.server.log;

import egress.http.Authority;
import java.io.IOException;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * The candidate for the routes file would have decided otherwise.
 *
 * @param from what was decided: {@code allow}, or the code of a denial; {@code to}: what it would be
 * @param rule of the candidate
 */
public record ShadowFlip(
        long time,
        SocketAddress downstream,
        long exchange,
        boolean tls,
        Authority authority,
        String method,
        String target,
        String route,
        String from,
        String to,
        @Nullable String rule)
        implements LogEvent.Recorded {
    private static final int LONGEST_TARGET = 120;

    @Override
    public int weight() {
        return 256 + target.length();
    }

    @Override
    public String name() {
        return "egress_shadow_flip";
    }

    @Override
    public void json(JsonFields json) throws IOException {
        json.number("exchange", exchange);
        json.string("method", method);
        json.string("scheme", tls ? "https" : "http");
        json.authority(authority);
        json.masked("path", target);
        json.string("route", route);
        json.string("from", from);
        json.string("to", to);
        json.masked("rule", rule);
    }

    @Override
    public void text(Terminal terminal) {
        String url = (tls ? "https://" : "http://")
                + authority.toHostField(tls)
                + TerminalText.cut(terminal.masked(target), LONGEST_TARGET);
        String by = rule == null ? "" : " by " + terminal.masked(rule);
        terminal.line(
                this,
                Terminal.Colour.YELLOW,
                "shadow routes: " + method + " " + url + ": " + from + " would be " + to + by);
    }
}
