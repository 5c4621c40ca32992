package egress.server.evidence;

import egress.http.Printable;
import egress.policy.Policy;
import egress.server.flows.Flow;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Which recorded exchanges a routes file would decide otherwise than they were decided. */
public final class Replay {
    /** Everything decided as before. */
    public static final int SAME = 0;

    /** Some exchange flips. */
    public static final int FLIPS = 1;

    /** None flips, but some are undecidable. */
    public static final int UNDECIDABLE = 3;

    /** Shown of each kind; the others are only counted. */
    private static final int MOST_SHOWN = 50;

    /** More kinds of requests are counted together. */
    private static final int MOST_LINES = 10_000;

    private final Judge judge;
    private final Map<Kind, Map<String, Line>> kinds = new EnumMap<>(Kind.class);
    private final Map<Kind, Long> counts = new EnumMap<>(Kind.class);
    private long unjudged;

    /** What became of an exchange, the worst first. */
    private enum Kind {
        CLOSED("now denied"),
        OPENED("now allowed"),
        UNDECIDABLE("undecidable"),
        SAME("as before");

        private final String words;

        Kind(String words) {
            this.words = words;
        }
    }

    private record Line(String request, String why, Seen seen) {}

    /** Judges by this policy. */
    public Replay(Policy policy) {
        this.judge = new Judge(policy);
    }

    /** Judges one recorded flow; a ClientHello is nothing that rules are asked about. */
    public void add(Flow flow) {
        RecordedRequest.of(flow).ifPresent(this::add);
    }

    private void add(RecordedRequest request) {
        Recorded before = Recorded.of(request.flow());
        if (before instanceof Recorded.Unjudged) {
            unjudged++;
            return;
        }
        Outcome now = judge.judge(request);
        Kind kind = kind(before, now);
        counts.merge(kind, 1L, Long::sum);
        if (kind == Kind.SAME) {
            return;
        }
        String was = before instanceof Recorded.Denied denied ? "was " + denied.code() + ", " : "";
        String text = request.head().method() + " " + request.url();
        String why = was + now.words();
        Map<String, Line> lines = kinds.computeIfAbsent(kind, any -> new TreeMap<>());
        String key = lines.size() < MOST_LINES ? text + " " + why : "";
        lines.computeIfAbsent(
                        key,
                        any -> key.isEmpty() ? new Line("others", "", new Seen()) : new Line(text, why, new Seen()))
                .seen()
                .add(request.flow().timestamp(), request.client());
    }

    private static Kind kind(Recorded before, Outcome now) {
        return switch (now) {
            case Outcome.Undecidable _ -> Kind.UNDECIDABLE;
            case Outcome.Allowed _ -> before instanceof Recorded.Allowed ? Kind.SAME : Kind.OPENED;
            case Outcome.Denied _ -> before instanceof Recorded.Allowed ? Kind.CLOSED : Kind.SAME;
        };
    }

    /** Exchanges that were judged then and now. */
    public long judged() {
        return counts.values().stream().mapToLong(Long::longValue).sum();
    }

    /** Exchanges that were allowed and would be denied. */
    public long closed() {
        return count(Kind.CLOSED);
    }

    /** Exchanges that were denied and would be allowed. */
    public long opened() {
        return count(Kind.OPENED);
    }

    public long undecidable() {
        return count(Kind.UNDECIDABLE);
    }

    private long count(Kind kind) {
        return counts.getOrDefault(kind, 0L);
    }

    /** {@link #SAME}, {@link #FLIPS} or {@link #UNDECIDABLE}. */
    public int status() {
        if (closed() + opened() > 0) {
            return FLIPS;
        }
        return undecidable() > 0 ? UNDECIDABLE : SAME;
    }

    /** For people. */
    public List<String> lines() {
        List<String> lines = new ArrayList<>();
        lines.add(judged() + (judged() == 1 ? " exchange" : " exchanges") + " judged");
        for (Kind kind : Kind.values()) {
            lines.add("%7d %s".formatted(count(kind), kind.words));
        }
        if (unjudged > 0) {
            lines.add("%7d ended before any rule was asked, and are left out".formatted(unjudged));
        }
        for (Map.Entry<Kind, Map<String, Line>> kind : kinds.entrySet()) {
            lines.add("");
            lines.add(kind.getKey().words + ":");
            int more = kind.getValue().size() - MOST_SHOWN;
            kind.getValue().values().stream()
                    .sorted(Comparator.comparingLong((Line line) -> line.seen().count())
                            .reversed()
                            .thenComparing(Line::request))
                    .limit(MOST_SHOWN)
                    .forEach(line -> {
                        lines.add("  " + Printable.line(line.request()));
                        lines.add("      " + (line.why().isEmpty() ? "" : Printable.line(line.why()) + "; ")
                                + line.seen().words());
                    });
            if (more > 0) {
                lines.add("  and " + more + " other requests");
            }
        }
        return List.copyOf(lines);
    }
}
