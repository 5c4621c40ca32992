package egress.server.cli;

import egress.server.config.LogSettings;
import egress.server.flows.FilterParser;
import egress.server.flows.FilterSyntaxException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Picocli mixin: what is printed while the gate runs. */
final class LogOptions {
    @Option(
            names = "--log-format",
            paramLabel = "text|json",
            description = "Print exchanges as text (the default), or as one JSON object a line.")
    LogSettings.Format format = LogSettings.Format.TEXT;

    @Option(
            names = {"-q", "--quiet"},
            description = "Print no exchanges; the same as --flow-detail 0.")
    boolean quiet;

    @Option(
            names = "--lines",
            paramLabel = "all|blocks",
            description = {
                "Print all exchanges (the default), or one line for each that is blocked or fails, and what DLP finds (the"
                        + " image's default)."
            })
    LogSettings.Lines lines = LogSettings.Lines.ALL;

    @Option(
            names = {"-v", "--verbose"},
            description = "Print connections and handshakes too, and what the program does.")
    boolean verbose;

    @Option(
            names = "--flow-detail",
            paramLabel = "0-4",
            description = {
                "What is printed of each exchange. Default: ${DEFAULT-VALUE}",
                "  0 nothing",
                "  1 request line, status, size and time; a URL is cut after 120 characters",
                "  2 the whole URL, and the header fields, each value cut after 200 characters",
                "  3 also the route, the upstream connection and the time of each phase",
                "  4 the same with nothing cut; without --routes, or with --show-bodies, bodies too",
                "Secrets are masked at every level."
            })
    int flowDetail = 1;

    @Option(
            names = "--show-bodies",
            description = "Print bodies at --flow-detail 4, also where there are routes. People's data is in them.")
    boolean showBodies;

    @Option(names = "--timestamps", description = "Print the time in front of each line, as -v does.")
    boolean timestamps;

    @Option(
            names = "--filter",
            paramLabel = "EXPRESSION",
            description = {
                "Print only the exchanges that match, such as '~d api.example.com & !~c 200'.",
                "It holds for what is printed as text (docs/running.md has the language)."
            })
    @Nullable
    String filter;

    /**
     * @param debugging whether there are no routes
     * @throws IllegalArgumentException with what was expected
     */
    LogSettings settings(boolean debugging) {
        if (flowDetail < 0 || flowDetail > LogSettings.MOST_DETAIL) {
            throw new IllegalArgumentException(
                    "--flow-detail: " + flowDetail + " (expected: 0-" + LogSettings.MOST_DETAIL + ")");
        }
        try {
            FilterParser.parse(filter == null ? "" : filter);
        } catch (FilterSyntaxException e) {
            throw new IllegalArgumentException("--filter: " + e.getMessage(), e);
        }
        return new LogSettings(
                format,
                quiet ? 0 : flowDetail,
                lines,
                verbose,
                timestamps || verbose,
                showBodies || debugging,
                Optional.ofNullable(filter));
    }
}
