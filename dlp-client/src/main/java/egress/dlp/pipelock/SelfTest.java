package egress.dlp.pipelock;

import egress.dlp.BodySource;
import egress.dlp.HeaderField;
import egress.dlp.ScanOptions;
import egress.dlp.ScanRequest;
import egress.dlp.ScanVerdict;
import egress.dlp.ScanVerdict.Clean;
import egress.dlp.ScanVerdict.Denied;
import egress.dlp.ScanVerdict.Found;
import egress.dlp.ScanVerdict.Refused;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Sends known-bad and known-good requests: a pipelock that answers does not necessarily block. */
final class SelfTest {
    private static final String LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    private static final String HOST = "localhost";

    private final PipelockMode way;
    private final PipelockClient asking;
    private final @Nullable ScanApi scan;
    private final String host;
    private final SecureRandom random;

    /** {@code sink}: where a request that the forward way lets through may arrive; null on the other ways. */
    SelfTest(
            PipelockMode way,
            PipelockClient asking,
            @Nullable ScanApi scan,
            @Nullable InetSocketAddress sink,
            SecureRandom random) {
        this.way = way;
        this.asking = asking;
        this.scan = scan;
        this.host = sink == null ? HOST : sink.getAddress().getHostAddress() + ":" + sink.getPort();
        this.random = random;
    }

    Readiness run(Deadline deadline) throws IOException {
        ScanVerdict good =
                way == PipelockMode.SINK ? asking.ask(question("/", "hello", "hello"), deadline) : clean(deadline);
        if (!(good instanceof Clean)) {
            return new Readiness(
                    false,
                    "pipelock does not allow a known-good request by the " + way.label() + " way: " + words(good));
        }
        String token = token();
        Readiness bad = blocks(
                "in the body (request_body_scanning.enabled, action: block)", question("/", token, "hello"), deadline);
        if (bad.ready()) {
            bad = blocks(
                    "in a field (request_body_scanning.scan_headers, header_mode: all)",
                    question("/", "", token),
                    deadline);
        }
        if (bad.ready()) {
            bad = blocks("in the URL (dlp.include_defaults, enforce)", question("/?q=" + token, "", "hello"), deadline);
        }
        return bad.ready() && scan != null && way != PipelockMode.SCAN ? url(scan, token, deadline) : bad;
    }

    // What pipelock says of the host itself (not resolved, not on its list) is not for what the request holds.
    private ScanVerdict clean(Deadline deadline) throws IOException {
        ScanVerdict verdict = asking.ask(question("/", "hello", "hello"), deadline);
        return verdict instanceof Denied denied && !isForContent(denied) ? ScanVerdict.clean() : verdict;
    }

    private Readiness blocks(String where, ScanRequest question, Deadline deadline) throws IOException {
        ScanVerdict verdict = asking.ask(question, deadline);
        if (verdict instanceof Denied denied && (way == PipelockMode.SINK || isForContent(denied))) {
            return new Readiness(true, "pipelock answers by the " + way.label() + " way");
        }
        return new Readiness(false, "pipelock does not block a known-bad token " + where + ": " + words(verdict));
    }

    private static Readiness url(ScanApi scan, String token, Deadline deadline) throws IOException {
        ScanVerdict good = scan.url("https://" + HOST + "/", deadline);
        ScanVerdict bad = scan.url("https://" + HOST + "/?q=" + token, deadline);
        if (!(good instanceof Clean) && !(good instanceof Denied denied && !isForContent(denied))) {
            return new Readiness(false, "pipelock's scan API does not allow a known-good URL: " + words(good));
        }
        if (!(bad instanceof Denied denied && isForContent(denied))) {
            return new Readiness(false, "pipelock's scan API does not block a known-bad URL: " + words(bad));
        }
        return new Readiness(true, "pipelock and its scan API answer");
    }

    private static boolean isForContent(Denied denied) {
        return denied.reason().contains("DLP") || denied.reason().contains("ecret");
    }

    private static String words(ScanVerdict verdict) {
        return switch (verdict) {
            case Clean clean -> "allowed";
            case Found found -> "found";
            case Denied denied -> denied.reason();
            case Refused refused -> refused.detail();
        };
    }

    private ScanRequest question(String target, String body, String field) {
        List<HeaderField> fields =
                List.of(new HeaderField("Content-Type", "text/plain"), new HeaderField("X-Egress-Probe", field));
        return new ScanRequest(
                host,
                body.isEmpty() ? "GET" : "POST",
                target,
                fields,
                BodySource.of(Syntax.bytes(body)),
                List.of(),
                ScanOptions.defaults());
    }

    // A made-up token, a new one each time.
    private String token() {
        StringBuilder token = new StringBuilder("ghp_");
        for (int i = 0; i < 36; i++) {
            token.append(LETTERS.charAt(random.nextInt(LETTERS.length())));
        }
        return token.toString();
    }
}
