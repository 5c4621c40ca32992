package egress.server.dlp.judge;

import egress.dlp.Finding;
import egress.dlp.Place;
import egress.dlp.Redaction;
import egress.dlp.Redactor;
import egress.dlp.ScanRequest;
import egress.dlp.ScanVerdict;
import egress.dlp.Scanner;
import egress.exchange.Failure;
import egress.exchange.Inspection.Effect;
import egress.policy.DlpRules.OnMatch;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** Judges a request's head, and later its body, by what the route says: block, redact and look again, supervise, or only warn. */
public final class RequestJudge {
    /** A masked request is scanned again; one in which something new appears each time is not rewritten for ever. */
    private static final int MOST_REWRITES = 3;

    private final ScanDispatcher questions;
    private final Scanners scanners;
    private final RouteScanPolicy plan;
    private final FindingReporter hits;
    private final Supervisor supervisor;
    private boolean owesHead;

    public RequestJudge(
            ScanDispatcher questions,
            Scanners scanners,
            RouteScanPolicy plan,
            FindingReporter hits,
            Supervisor supervisor) {
        this.questions = questions;
        this.scanners = scanners;
        this.plan = plan;
        this.hits = hits;
        this.supervisor = supervisor;
    }

    /** Something of the request leaves unjudged: what its origin gives cannot be distinguished from an echo. */
    public void leavesUnread() {
        scanners.builtIn().ifPresent(Scanners.BuiltIn::leavesUnread);
    }

    /** What became of it. */
    public sealed interface Judged {
        /**
         * It may leave.
         *
         * @param request the one asked about, or a rewritten one
         */
        record Clean(ScanRequest request, boolean rewritten, boolean bodyChanged) implements Judged {}

        record Denied(Failure failure) implements Judged {}
    }

    /**
     * Judges the head alone.
     *
     * @param bodyHeld whether nothing leaves before the body is judged too: then a scanner that wants whole requests waits for it
     */
    public void head(ScanRequest head, boolean bodyHeld, Consumer<Judged> then) {
        owesHead =
                bodyHeld && scanners.external().map(Scanner::wantsWholeRequests).orElse(false);
        new Run(false, ScanDispatcher.Subject.NONE, then).builtIn(head, new Rewrites(0, false));
    }

    /** Whether the external scanner has not been asked about the head, because it will be about the whole. */
    public boolean owesHead() {
        return owesHead;
    }

    /** The body that the head was to be judged with is not one to be judged: asks who has not been asked about the head. */
    public void headAfterAll(ScanRequest head, Consumer<Judged> then) {
        if (owesHead) {
            owesHead = false;
            new Run(false, ScanDispatcher.Subject.NONE, then).external(head, new Rewrites(0, false));
        } else {
            then.accept(new Judged.Clean(head, false, false));
        }
    }

    /**
     * Judges body and trailers, after the head.
     *
     * @param request all of it: an external scanner is asked about the whole
     * @param body held while it is read
     */
    public void body(ScanRequest request, ScanDispatcher.Subject body, Consumer<Judged> then) {
        new Run(true, body, then).builtIn(request, new Rewrites(0, false));
    }

    private record Rewrites(int count, boolean bodyChanged) {}

    private final class Run {
        private final boolean isBody;
        private final ScanDispatcher.Subject subject;
        private final Consumer<Judged> then;

        Run(boolean isBody, ScanDispatcher.Subject subject, Consumer<Judged> then) {
            this.isBody = isBody;
            this.subject = subject;
            this.then = then;
        }

        void builtIn(ScanRequest request, Rewrites rewrites) {
            if (scanners.builtIn().isEmpty()) {
                external(request, rewrites);
                return;
            }
            Scanners.BuiltIn scanner = scanners.builtIn().get();
            ScanRequest asked = isBody ? request.withoutHead() : request;
            boolean here = isSmall(asked) && scanner.isReady();
            ScanDispatcher.Where where = here ? ScanDispatcher.Where.HERE_AT_FIRST : ScanDispatcher.Where.ELSEWHERE;
            questions.scan(where, size(asked), pace -> scanner.scan(asked, pace), subject, verdict -> {
                if (verdict instanceof ScanVerdict.Refused && plan.warnsOnly()) {
                    leavesUnread();
                }
                if (verdict instanceof ScanVerdict.Found found && plan.onMatch() == OnMatch.REDACT) {
                    redact(request, found, rewrites);
                } else if (verdict instanceof ScanVerdict.Found found && plan.supervises()) {
                    supervise(request, found, rewrites);
                } else {
                    goOn(verdict, () -> external(request, rewrites));
                }
            });
        }

        /** Once its value may pass, the rest is looked at again. */
        private void supervise(ScanRequest request, ScanVerdict.Found found, Rewrites rewrites) {
            Finding hit = found.first();
            Optional<Failure> failure = Denials.of(found, plan, hits);
            supervisor.ask(hit, failure.orElseGet(() -> Denials.of(hit)), refused -> {
                if (refused.isPresent()) {
                    then.accept(new Judged.Denied(refused.get()));
                } else {
                    Set<String> may = new HashSet<>(request.options().allowFingerprints());
                    may.addAll(supervisor.granted());
                    builtIn(request.withOptions(request.options().withAllowFingerprints(may)), rewrites);
                }
            });
        }

        private void redact(ScanRequest request, ScanVerdict.Found found, Rewrites rewrites) {
            // A value may be found a second time where it is put together from pieces, and stands nowhere by itself:
            // what can
            // be masked is, and the next scan says whether that was enough.
            List<Finding> standing = found.findings().stream()
                    .filter(finding -> finding.blocks() && finding.span().isPresent() && isHere(finding.place()))
                    .toList();
            if (standing.isEmpty() || rewrites.count() == MOST_REWRITES) {
                notRewritable(found, found.first());
                return;
            }
            switch (Redactor.redact(request, standing)) {
                case Redaction.NotRewritable not -> notRewritable(found, not.hit());
                case Redaction.Rewritten rewritten -> {
                    hits.tell(standing, Effect.REDACTED);
                    builtIn(
                            rewritten.request(),
                            new Rewrites(rewrites.count() + 1, rewrites.bodyChanged() || rewritten.bodyChanged()));
                }
            }
        }

        /** The head's places were judged with the head. */
        private boolean isHere(Place place) {
            return isBody == (place instanceof Place.Body || place instanceof Place.Trailer);
        }

        private void notRewritable(ScanVerdict.Found found, Finding hit) {
            hits.tell(found.findings(), Effect.BLOCKED);
            then.accept(new Judged.Denied(Denials.of(hit)));
        }

        private void external(ScanRequest request, Rewrites rewrites) {
            if (scanners.external().isEmpty() || (!isBody && owesHead)) {
                pass(request, rewrites);
                return;
            }
            Scanner scanner = scanners.external().get();
            questions.askOther(
                    size(request),
                    pace -> scanner.scan(request, pace),
                    subject,
                    verdict -> goOn(verdict, () -> pass(request, rewrites)));
        }

        private void goOn(ScanVerdict verdict, Runnable next) {
            Denials.of(verdict, plan, hits).ifPresentOrElse(failure -> then.accept(new Judged.Denied(failure)), next);
        }

        private void pass(ScanRequest request, Rewrites rewrites) {
            then.accept(new Judged.Clean(request, rewrites.count() > 0, rewrites.bodyChanged()));
        }
    }

    private static boolean isSmall(ScanRequest request) {
        return size(request) <= ScanDispatcher.SMALL;
    }

    private static long size(ScanRequest request) {
        return request.target().length()
                + Fields.size(request.fields())
                + request.body().length();
    }
}
