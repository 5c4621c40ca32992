package egress.server.flows;

import egress.share.Caller;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What waits for the recorder's thread, by caller: next is the one whose flows have taken it the least time, so that bodies that are
 * costly to mask delay the flows of their own caller. Belongs to that thread.
 */
final class Turns {
    /** Callers that are remembered while nothing of theirs waits. */
    private static final int MOST_REMEMBERED = 256;

    private final Map<Caller, Line> lines = new LinkedHashMap<>();
    private int waiting;
    /** How much time the caller had had that was served last. */
    private long floor;

    /** Of one caller. */
    static final class Line {
        private final ArrayDeque<Handover> entries = new ArrayDeque<>(4);
        private long nanos;
    }

    void add(Caller caller, Handover next) {
        Line line = lines.get(caller);
        if (line == null) {
            forgetIdle();
            line = new Line();
            lines.put(caller, line);
        }
        if (line.entries.isEmpty()) {
            line.nanos = Math.max(line.nanos, floor); // time is not saved up
        }
        line.entries.add(next);
        waiting++;
    }

    private void forgetIdle() {
        if (lines.size() >= MOST_REMEMBERED) {
            lines.values().removeIf(line -> line.entries.isEmpty());
        }
    }

    /** Whose turn it is; null where nothing waits. */
    @Nullable
    Line next() {
        Line best = null;
        if (waiting > 0) {
            for (Line line : lines.values()) {
                if (!line.entries.isEmpty() && (best == null || line.nanos < best.nanos)) {
                    best = line;
                }
            }
        }
        return best;
    }

    /** Takes the first that waits in it. */
    Handover poll(Line line) {
        waiting--;
        floor = Math.max(floor, line.nanos);
        return line.entries.remove();
    }

    /** What was taken from it has cost so much. */
    void charge(Line line, long nanos) {
        line.nanos += nanos;
    }
}
