package egress.dlp;

import java.util.List;

/** The result of a scan. Only {@link Clean} lets the data leave. */
public sealed interface ScanVerdict {

    /** Scanned whole, nothing that blocks; {@code warnings} are only reported. */
    record Clean(List<Finding> warnings) implements ScanVerdict {
        public Clean {
            warnings = List.copyOf(warnings);
        }
    }

    /** At least one finding blocks; there may be warnings among them. */
    record Found(List<Finding> findings) implements ScanVerdict {
        public Found {
            findings = List.copyOf(findings);
            if (findings.stream().noneMatch(Finding::blocks)) {
                throw new IllegalArgumentException("findings: none blocks (expected: at least one)");
            }
        }

        /** The first that blocks: the one a denial names. */
        public Finding first() {
            return findings.stream().filter(Finding::blocks).findFirst().orElseThrow();
        }
    }

    /**
     * Denied by an external scanner, which gives a reason but no place.
     *
     * @param by the service, in one word
     * @param reason its words, cleaned: one short printable line that holds no content of the request
     */
    record Denied(String by, String reason) implements ScanVerdict {}

    /** Could not be scanned whole, so the caller denies. {@code detail} is a few words that hold no content. */
    record Refused(Reason reason, String detail) implements ScanVerdict {}

    /** Why something could not be scanned whole. */
    enum Reason {
        /** A Content-Encoding that cannot be decoded here. */
        UNKNOWN_ENCODING,
        /** The bytes are not what their Content-Encoding says. */
        UNDECODABLE,
        /** Decodes to more than the bounds allow. */
        BOMB,
        /** Encoded more deeply, or at more places, than the budget allows. */
        BUDGET_SPENT,
        /** The body could not be read back. */
        UNREADABLE,
        /** The verdict service is down, slow, full or answers garbage. */
        UNAVAILABLE,
        /** The caller already uses its share of the scan queue. */
        OVERLOADED
    }

    /** Clean, without a warning. */
    static ScanVerdict clean() {
        return new Clean(List.of());
    }

    /** {@link Found} when something blocks, else {@link Clean} with the warnings. */
    static ScanVerdict of(List<Finding> findings) {
        return findings.stream().anyMatch(Finding::blocks) ? new Found(findings) : new Clean(findings);
    }
}
