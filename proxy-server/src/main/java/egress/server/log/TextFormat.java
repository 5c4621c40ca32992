package egress.server.log;

import egress.exchange.Failure;
import egress.exchange.Inspection;
import egress.http.Authority;
import egress.http.Printable;
import egress.server.config.LogSettings;
import egress.server.log.LogEvent.Facts;
import egress.server.log.LogEvent.Phases;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.util.NetUtil;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** An exchange as lines for a terminal. */
final class TextFormat {
    private static final int LONGEST_URL = 120;
    private static final int LONGEST_VALUE = 200;
    private static final String INDENT = "    ";

    private enum Colour {
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

    private final int detail;
    private final boolean colours;

    /** @param detail as {@code --flow-detail} */
    TextFormat(int detail, boolean colours) {
        this.detail = detail;
        this.colours = colours;
    }

    void append(LogEvent event, SecretMasker masker, StringBuilder to) {
        switch (event) {
            case LogEvent.Requested requested -> {} // the exchange's lines come when it is over
            case LogEvent.Ended ended -> append(ended.facts(), masker, to);
            case LogEvent.Found found ->
                line(
                        to,
                        found.downstream(),
                        found.hit().effect() == Inspection.Effect.WARNED ? Colour.YELLOW : Colour.RED,
                        words(found, masker));
            case LogEvent.Refused refused -> append(refused, masker, to);
            case LogEvent.ShadowFlip flip ->
                line(
                        to,
                        flip.downstream(),
                        Colour.YELLOW,
                        "shadow routes: " + flip.method() + " "
                                + (flip.tls() ? "https://" : "http://")
                                + flip.authority().toHostField(flip.tls())
                                + TerminalText.cut(masker.text(flip.target()), LONGEST_URL) + ": " + flip.from()
                                + " would be " + flip.to()
                                + (flip.rule() == null ? "" : " by " + masker.text(flip.rule())));
            case LogEvent.HandshakeFailed failed ->
                line(to, failed.downstream(), Colour.YELLOW, masker.text(failed.words()));
            case LogEvent.HandshakeDone done ->
                line(
                        to,
                        done.downstream(),
                        Colour.DIM,
                        done.protocol() + " with " + done.authority() + " in " + TerminalText.time(done.nanos()));
            case LogEvent.HelloSeen hello ->
                line(
                        to,
                        hello.downstream(),
                        Colour.DIM,
                        "ClientHello for " + hello.authority() + ", SNI " + (hello.sni() == null ? "none" : hello.sni())
                                + ", ALPN " + hello.alpn());
            case LogEvent.Opened opened -> line(to, opened.downstream(), Colour.DIM, "connected");
            case LogEvent.Closed closed -> line(to, closed.downstream(), Colour.DIM, "disconnected");
            case LogEvent.TunnelEnded tunnel ->
                line(
                        to,
                        tunnel.downstream(),
                        Colour.PLAIN,
                        "tunnel to " + tunnel.authority() + " ended, " + TerminalText.size(tunnel.bytesUp()) + " up, "
                                + TerminalText.size(tunnel.bytesDown()) + " down");
        }
    }

    private static String words(LogEvent.Found found, SecretMasker masker) {
        Inspection.Hit hit = found.hit();
        String place = masker.text(hit.place());
        return hit.effect() == Inspection.Effect.LOCKED
                ? "DLP: LOCKED: " + place
                : "DLP: " + hit.detector() + " found in " + place + " for "
                        + found.authority().host() + ", " + hit.effect().code() + ", fingerprint "
                        + hit.fingerprint();
    }

    private void line(StringBuilder to, SocketAddress downstream, Colour colour, String words) {
        to.append(address(downstream)).append(": ");
        coloured(to, colour, words);
        to.append('\n');
    }

    private void append(LogEvent.Refused refused, SecretMasker masker, StringBuilder to) {
        Authority authority = refused.authority();
        to.append(address(refused.downstream())).append(": ");
        if (refused.status() == 0) {
            coloured(to, Colour.YELLOW, refused.words());
            to.append('\n');
            return;
        }
        to.append("CONNECT ")
                .append(authority == null ? "?" : authority.toString())
                .append('\n')
                .append(INDENT)
                .append("<< ");
        coloured(to, Colour.RED, status(refused.status()) + " " + refused.code() + ": " + masker.text(refused.words()));
        to.append('\n');
    }

    private void append(Facts facts, SecretMasker masker, StringBuilder to) {
        String url = masker.text(facts.url());
        to.append(address(facts.downstream())).append(": ");
        to.append(Printable.line(facts.method())).append(' ');
        to.append(Printable.line(detail < 2 ? TerminalText.cut(url, LONGEST_URL) : url))
                .append(' ');
        to.append(facts.version()).append('\n');
        if (detail >= 2) {
            fields(to, facts.requestFields(), masker);
        }
        to.append(INDENT).append("<< ");
        outcome(to, facts, masker);
        to.append('\n');
        if (detail >= 2) {
            fields(to, facts.responseFields(), masker);
        }
        if (detail >= 3) {
            upstream(to, facts, masker);
            phases(to, facts.phases());
        }
    }

    private void outcome(StringBuilder to, Facts facts, SecretMasker masker) {
        Failure failure = facts.failure();
        String version = facts.upstreamVersion() == null ? facts.version() : facts.upstreamVersion();
        String took = TerminalText.time(facts.phases().lastByte());
        if (failure == null) {
            coloured(to, colourOf(facts.status()), version + " " + status(facts.status()));
            to.append(' ')
                    .append(TerminalText.size(facts.responseBytes()))
                    .append(' ')
                    .append(took);
            return;
        }
        String why = failure.code() + ": " + masker.text(failure.words());
        boolean answered = facts.phases().firstByte() >= 0;
        String what = facts.status() == 0 || answered ? "" : status(facts.status()) + " ";
        if (answered) {
            to.append(version).append(' ').append(status(facts.status())).append(' ');
            to.append(TerminalText.size(facts.responseBytes()))
                    .append(' ')
                    .append(took)
                    .append(", then ");
        }
        coloured(to, facts.isBlock() ? Colour.RED : Colour.YELLOW, what + why);
        if (!answered) {
            to.append(' ').append(took);
        }
    }

    private static Colour colourOf(int status) {
        return status < 400 ? Colour.GREEN : status < 500 ? Colour.YELLOW : Colour.RED;
    }

    private void fields(StringBuilder to, List<Map.Entry<String, String>> fields, SecretMasker masker) {
        for (Map.Entry<String, String> field : fields) {
            String value = masker.field(field.getKey(), field.getValue());
            to.append(INDENT).append(INDENT);
            coloured(to, Colour.DIM, field.getKey() + ":");
            to.append(' ')
                    .append(Printable.line(
                            detail < LogSettings.MOST_DETAIL ? TerminalText.cut(value, LONGEST_VALUE) : value))
                    .append('\n');
        }
    }

    private void upstream(StringBuilder to, Facts facts, SecretMasker masker) {
        StringBuilder words = new StringBuilder("route ").append(facts.route() == null ? "none" : facts.route());
        if (facts.rule() != null) {
            words.append(", rule ").append(masker.text(facts.rule()));
        }
        if (facts.upstreamAddress() != null) {
            words.append(", by ")
                    .append(facts.upstreamAddress())
                    .append(facts.upstreamReused() ? " (open before)" : "");
        }
        if (facts.injected()) {
            words.append(", credential injected");
        }
        words.append(", ").append(TerminalText.size(facts.requestBytes())).append(" sent");
        to.append(INDENT).append(INDENT);
        coloured(to, Colour.DIM, words.toString());
        to.append('\n');
    }

    private void phases(StringBuilder to, Phases phases) {
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
        to.append(INDENT).append(INDENT);
        coloured(to, Colour.DIM, words.toString());
        to.append('\n');
    }

    private static void phase(StringBuilder to, String name, long nanos) {
        if (nanos >= 0) {
            to.append(to.isEmpty() ? "" : ", ").append(name).append(' ').append(TerminalText.time(nanos));
        }
    }

    private void coloured(StringBuilder to, Colour colour, String words) {
        String plain = Printable.line(words);
        if (!colours || colour == Colour.PLAIN) {
            to.append(plain);
        } else {
            to.append(colour.code).append(plain).append("\u001b[0m");
        }
    }

    private static String status(int status) {
        return HttpResponseStatus.valueOf(status).toString();
    }

    /** A caller's address without a lookup of its name. */
    static String address(@Nullable SocketAddress address) {
        return address instanceof InetSocketAddress inet && inet.getAddress() != null
                ? NetUtil.toSocketAddressString(inet)
                : String.valueOf(address);
    }
}
