package egress.server.ask;

import egress.server.ask.Question.Kind;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** How many questions were asked, how they ended, and how often grants were used, since the gate started. */
public final class AskCounts {
    private final Map<Kind, LongAdder> asked = ofEach();
    private final Map<Kind, LongAdder> tooMany = ofEach();
    private final Map<Kind, LongAdder> used = ofEach();
    private final Map<AskOutcome, Map<Kind, LongAdder>> ended = new EnumMap<>(AskOutcome.class);
    private final LongAdder answersRefused = new LongAdder();

    AskCounts() {
        for (AskOutcome outcome : AskOutcome.values()) {
            ended.put(outcome, ofEach());
        }
    }

    private static Map<Kind, LongAdder> ofEach() {
        Map<Kind, LongAdder> counts = new EnumMap<>(Kind.class);
        for (Kind kind : Kind.values()) {
            counts.put(kind, new LongAdder());
        }
        return counts;
    }

    private static void add(Map<Kind, LongAdder> counts, Kind kind) {
        counts.computeIfAbsent(kind, _ -> new LongAdder()).increment();
    }

    private static long sum(Map<Kind, LongAdder> counts, Kind kind) {
        return counts.getOrDefault(kind, new LongAdder()).sum();
    }

    void ask(Kind kind) {
        add(asked, kind);
    }

    void end(Kind kind, AskOutcome outcome) {
        add(ended.computeIfAbsent(outcome, _ -> ofEach()), kind);
    }

    void use(Kind kind) {
        add(used, kind);
    }

    void refuseQuestion(Kind kind) {
        add(tooMany, kind);
    }

    void refuseAnswer() {
        answersRefused.increment();
    }

    /** Questions that were opened: those that ended, and those that are open. */
    public long asked(Kind kind) {
        return sum(asked, kind);
    }

    /** Questions that ended so. */
    public long ended(Kind kind, AskOutcome outcome) {
        return sum(ended.getOrDefault(outcome, Map.of()), kind);
    }

    /** Requests that a grant let pass; a value of one request counts by itself. */
    public long used(Kind kind) {
        return sum(used, kind);
    }

    /** What was not asked, since too many questions were open. */
    public long tooMany(Kind kind) {
        return sum(tooMany, kind);
    }

    /** What lay in place of an answer and was none, or was for no open question. */
    public long answersRefused() {
        return answersRefused.sum();
    }
}
