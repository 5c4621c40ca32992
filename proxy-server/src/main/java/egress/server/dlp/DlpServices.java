package egress.server.dlp;

import egress.dlp.injection.PromptInjectionDetector;
import egress.server.dlp.body.SlowBodies;
import egress.server.dlp.body.Spool;
import egress.server.dlp.judge.KnownHitLock;
import egress.server.dlp.judge.NameBudget;
import egress.server.dlp.judge.ScanPlaces;
import egress.share.FairBudget;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * What all inspections share.
 *
 * @param maxBody in bytes; a larger body is refused, or passes unscanned where its route says so
 * @param maxMessage in bytes, of what is judged message by message
 * @param memory for every held part
 * @param slow finds held bodies that come too slowly
 * @param lock of callers with too many hits on known secrets
 * @param names under patterns
 * @param injections a detector for each response that is looked at
 * @param random for masks of the frames that the gate itself sends (RFC 6455 §5.3)
 */
record DlpServices(
        ScanPlaces places,
        long maxBody,
        int maxMessage,
        FairBudget memory,
        Spool spool,
        SlowBodies.PerLoop slow,
        KnownHitLock lock,
        NameBudget names,
        Supplier<PromptInjectionDetector> injections,
        RandomGenerator random) {}
