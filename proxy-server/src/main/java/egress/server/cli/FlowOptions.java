package egress.server.cli;

import egress.server.cli.OptionTypes.Bytes;
import egress.server.config.FlowSettings;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Picocli mixin: the record of exchanges. */
final class FlowOptions {
    /** Two bodies of that size, in base64, fit into a line of the log. */
    private static final int MOST_BODY = 8 << 20;

    private static final int LEAST_MEMORY = 1 << 20;
    private static final int MEMORY_HEAP_SHARE = 8;

    /** Of supply-chain scans, as their runner sets it. */
    private static final String SCAN_ID = "PIPW_SCAN_ID";

    @Option(
            names = "--flows",
            paramLabel = "FILE",
            description = "Record every exchange and ClientHello here, one JSON object a line (docs/flows.md).")
    @Nullable
    Path flows;

    @Option(names = "--flows-required", description = "What cannot be recorded does not leave: it gets a 503.")
    boolean required;

    @Option(
            names = "--flow-body-limit",
            paramLabel = "BYTES",
            description = "Kept of each body; the rest is counted. At most 8m. Default: ${DEFAULT-VALUE}")
    Bytes bodyLimit = new Bytes(4 << 20);

    @Option(
            names = "--flow-memory",
            paramLabel = "BYTES",
            description = "For all that is being recorded; shared by callers. Default: an eighth of the heap")
    @Nullable
    Bytes memory;

    @Option(
            names = "--flow-rotate",
            paramLabel = "BYTES",
            description = "Rename the log to FILE.1 before it grows larger. Default: off")
    @Nullable
    Bytes rotate;

    @Option(
            names = "--flow-keep",
            paramLabel = "N",
            description = "Renamed logs that stay, the oldest as FILE.N. Default: ${DEFAULT-VALUE}")
    int keep = 5;

    @Option(
            names = "--scan-id",
            paramLabel = "ID",
            split = ",",
            description = {
                "Whose record it is. Default: the variable PIPW_SCAN_ID. May be repeated: then the",
                "user name in the caller's proxy URL must be one of them, else it gets a 407."
            })
    List<String> scans = List.of();

    /** @throws IllegalArgumentException naming the flag and what was expected */
    FlowSettings settings(Map<String, String> environment) {
        if (bodyLimit.count() > MOST_BODY) {
            throw new IllegalArgumentException("--flow-body-limit: " + bodyLimit + " (expected: at most 8m)");
        }
        if (memory != null && memory.count() < LEAST_MEMORY) {
            throw new IllegalArgumentException("--flow-memory: " + memory + " (expected: at least 1m)");
        }
        if (keep < 1) {
            throw new IllegalArgumentException("--flow-keep: " + keep + " (expected: 1 or more)");
        }
        if (required && flows == null) {
            throw new IllegalArgumentException("--flows-required: needs --flows FILE");
        }
        long most = Math.max(LEAST_MEMORY, Runtime.getRuntime().maxMemory() / MEMORY_HEAP_SHARE);
        return new FlowSettings(
                Optional.ofNullable(flows),
                bodyLimit.count(),
                memory == null ? most : memory.count(),
                required,
                Optional.ofNullable(rotate).map(bytes -> (long) bytes.count()),
                keep,
                scans(environment));
    }

    private List<String> scans(Map<String, String> environment) {
        if (scans.isEmpty()) {
            String only = environment.getOrDefault(SCAN_ID, "");
            return only.isEmpty() ? List.of() : List.of(only);
        }
        for (String scan : scans) {
            boolean isName = !scan.isEmpty() && scan.chars().allMatch(c -> c > ' ' && c != ':' && c != 0x7f);
            if (!isName) {
                throw new IllegalArgumentException(
                        "--scan-id: \"" + scan + "\" (expected: a user name, without blanks and colons)");
            }
        }
        if (new HashSet<>(scans).size() < scans.size()) {
            throw new IllegalArgumentException("--scan-id: the same twice");
        }
        return scans;
    }
}
