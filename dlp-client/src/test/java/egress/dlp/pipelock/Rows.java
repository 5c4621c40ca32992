package egress.dlp.pipelock;

import static org.assertj.core.api.Assertions.assertThat;

import egress.dlp.ScanVerdict;
import egress.dlp.ScanVerdict.Clean;
import egress.dlp.ScanVerdict.Denied;
import egress.dlp.ScanVerdict.Reason;
import egress.dlp.ScanVerdict.Refused;
import egress.testkit.pipelock.PipelockRow;
import java.util.Set;

/** What must come of each recorded question: the recorded verdict, but for what is ours to close or to decode. */
final class Rows {
    /** Allowed by pipelock's reverse proxy as they stand, and denied since they are asked so that it looks. */
    private static final Set<String> CLOSED_BY_SINK = Set.of(
            "token in image type",
            "token in duplicate json key",
            "json deeper than 64",
            "token split in query",
            "newline in url");

    /** Allowed by the scan API as one text, and denied since their strings are asked too. */
    private static final Set<String> CLOSED_BY_SCAN =
            Set.of("token base64 in json", "token hex in json", "token split over json values");

    /** Allowed by the forward proxy, which cannot be asked twice without sending twice. */
    private static final Set<String> REFUSED_BY_FORWARD = Set.of("token in duplicate json key", "json deeper than 64");

    /** Blocked for its coding alone, which is undone before pipelock is asked. */
    private static final String CODED = "gzip body";

    private Rows() {}

    static void check(PipelockRow row, PipelockMode way, ScanVerdict verdict) {
        if (way == PipelockMode.FORWARD && REFUSED_BY_FORWARD.contains(row.name())) {
            assertThat(verdict)
                    .isInstanceOfSatisfying(
                            Refused.class,
                            refused -> assertThat(refused.reason()).isEqualTo(Reason.BUDGET_SPENT));
            return;
        }
        if (allowed(row, way)) {
            assertThat(verdict).isInstanceOf(Clean.class);
            return;
        }
        assertThat(verdict).isInstanceOfSatisfying(Denied.class, denied -> {
            assertThat(denied.by()).isEqualTo("pipelock");
            assertThat(withoutLength(denied.reason()))
                    .isEqualTo(withoutLength(reason(row, way)))
                    .doesNotContain("ghp_");
        });
    }

    // It counts the host, which differs.
    private static String withoutLength(String reason) {
        return reason.replaceFirst("^URL length [0-9]+", "URL length");
    }

    private static boolean allowed(PipelockRow row, PipelockMode way) {
        if (row.name().equals(CODED)) {
            return true;
        }
        return switch (way) {
            case SINK -> row.sink().passed() && !CLOSED_BY_SINK.contains(row.name());
            case FORWARD -> row.forward().passed();
            case SCAN -> row.url().allowed() && scannedClean(row);
        };
    }

    private static boolean scannedClean(PipelockRow row) {
        boolean fieldsAreClean = row.sink().passed() || !row.sink().body().contains("header DLP");
        boolean textIsClean = row.dlp().map(PipelockRow.Decision::allowed).orElse(true);
        return fieldsAreClean && textIsClean && !CLOSED_BY_SCAN.contains(row.name());
    }

    private static String reason(PipelockRow row, PipelockMode way) {
        return switch (way) {
            case SINK -> sinkReason(row);
            case FORWARD -> row.forward().body().strip().replaceFirst("^blocked: ", "");
            case SCAN -> scanReason(row);
        };
    }

    private static String sinkReason(PipelockRow row) {
        if (!row.sink().passed()) {
            return row.sink().body().replaceFirst("(?s).*\"block_reason\":\"(.*)\",\"direction.*", "$1");
        }
        return switch (row.name()) {
            case "newline in url" -> "encoded CR or LF in URL";
            case "token split in query" -> "header DLP: GitHub Token";
            default -> "DLP: GitHub Token";
        };
    }

    private static String scanReason(PipelockRow row) {
        PipelockRow.Decision denied =
                row.url().allowed() && row.dlp().isPresent() ? row.dlp().get() : row.url();
        if (denied.allowed()) {
            String name = row.name().startsWith("jwt") ? "JWT Token" : "GitHub Token";
            return "Secret-like token detected (" + name + ")";
        }
        return denied.json().replaceFirst("(?s).*\"message\":\"([^\"]*)\".*", "$1");
    }
}
