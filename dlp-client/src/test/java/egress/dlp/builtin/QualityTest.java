package egress.dlp.builtin;

import static org.assertj.core.api.Assertions.assertThat;

import egress.dlp.Finding;
import egress.dlp.ScanRequest;
import egress.dlp.ScanVerdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * Misses and false alarms on a labelled set: kinds of secrets in dresses and places, and clean traffic, both drawn from a seed. The seed
 * here is not the one the scanner was written against; another may be named with {@code -Degress.quality.seed}.
 */
final class QualityTest {
    private static final long SEED = Long.getLong("egress.quality.seed", 20_271_113L);
    private static final int DRAWS = Integer.getInteger("egress.quality.draws", 20);

    private final Random random = new Random(SEED);
    private final Kinds kinds = new Kinds(random);
    private final BuiltInScanner scanner = new BuiltInScanner(kinds.secrets(), new byte[32], Runnable::run);

    private static final class Tally {
        int found;
        int all;

        void add(boolean hit) {
            found += hit ? 1 : 0;
            all++;
        }

        double rate() {
            return all == 0 ? 1 : (double) found / all;
        }
    }

    /** Tallies of one run, by everything a case is made of. */
    private static final class Recall {
        final Map<String, Tally> byDress = new TreeMap<>();
        final Map<String, Tally> byPlace = new TreeMap<>();
        final Map<String, Tally> byKind = new TreeMap<>();
        final Map<String, Tally> byGrade = new TreeMap<>();
        final Tally all = new Tally();
        final Tally plainAndSingle = new Tally();

        void add(boolean hit, String dress, String grade, String place, String[] drawn) {
            byDress.computeIfAbsent(dress, k -> new Tally()).add(hit);
            byPlace.computeIfAbsent(place, k -> new Tally()).add(hit);
            byKind.computeIfAbsent(drawn[0], k -> new Tally()).add(hit);
            byGrade.computeIfAbsent(grade, k -> new Tally()).add(hit);
            all.add(hit);
            if (grade.equals("PLAIN") || grade.equals("SINGLE")) {
                plainAndSingle.add(hit);
            }
            if (!hit && Boolean.getBoolean("egress.quality.misses")) {
                System.out.println("missed: " + dress + " | " + place + " | " + drawn[0] + " | " + drawn[1]);
            }
        }

        void print() {
            QualityTest.print("dress", byDress);
            QualityTest.print("place", byPlace);
            QualityTest.print("kind", byKind);
            QualityTest.print("grade", byGrade);
            System.out.printf(Locale.ROOT, "all: %.1f%% of %d, seed %d%n", 100 * all.rate(), all.all, SEED);
        }
    }

    @Test
    void findsWhatIsHidden() {
        Recall recall = new Recall();
        List<Where> whole = Where.all().stream().filter(w -> !w.pieces()).toList();
        for (Dress dress : Dress.all()) {
            for (int i = 0; i < DRAWS; i++) {
                String[] drawn = kinds.draw(random, dress.grade() == Dress.Grade.HARD);
                String dressed = dress.apply(drawn[1], random);
                Where where = fitting(whole, dressed);
                recall.add(
                        stopped(where.put(dressed, random)),
                        dress.name(),
                        dress.grade().name(),
                        where.name(),
                        drawn);
            }
        }
        for (Where where : Where.all()) {
            for (int i = 0; i < DRAWS; i++) {
                String[] drawn = kinds.draw(random, where.pieces());
                if (where.pieces() || where.body() || fitsALine(drawn[1])) {
                    String grade = where.pieces() ? "PIECES" : "PLAIN";
                    recall.add(stopped(where.put(drawn[1], random)), "plain", grade, where.name(), drawn);
                }
            }
        }
        recall.print();
        assertThat(recall.plainAndSingle.rate())
                .as("plain and singly encoded, seed %d", SEED)
                .isGreaterThanOrEqualTo(0.95);
        assertThat(recall.all.rate()).as("all, seed %d", SEED).isGreaterThanOrEqualTo(0.85);
    }

    @Test
    void letsCleanTrafficPass() {
        Map<String, Tally> bySort = new TreeMap<>();
        Map<String, Integer> byDetector = new TreeMap<>();
        int alarms = 0;
        int all = 0;
        for (CleanTraffic.Sort sort : CleanTraffic.sorts()) {
            RandomText text = new RandomText(random);
            for (int i = 0; i < DRAWS; i++) {
                ScanVerdict verdict = scanner.scanNow(sort.make().apply(text));
                boolean alarm = !(verdict instanceof ScanVerdict.Clean);
                bySort.computeIfAbsent(sort.name(), k -> new Tally()).add(alarm);
                alarms += alarm ? 1 : 0;
                all++;
                if (verdict instanceof ScanVerdict.Found found) {
                    found.findings().stream()
                            .filter(Finding::blocks)
                            .forEach(f -> byDetector.merge(f.detector(), 1, Integer::sum));
                } else if (alarm) {
                    byDetector.merge(verdict.toString(), 1, Integer::sum);
                }
            }
        }
        print("clean sort (alarms)", bySort);
        System.out.println("alarms by detector: " + byDetector + ", " + alarms + " of " + all + ", seed " + SEED);
        assertThat(alarms / (double) all)
                .as("false alarms, seed %d: %s", SEED, byDetector)
                .isLessThanOrEqualTo(0.005);
    }

    private Where fitting(List<Where> whole, String dressed) {
        boolean line = fitsALine(dressed);
        List<Where> from = line ? whole : whole.stream().filter(Where::body).toList();
        return from.get(random.nextInt(from.size()));
    }

    // In a target or a field only what may stand there unescaped; & and # would end the parameter.
    private static boolean fitsALine(String text) {
        return text.length() < 4000 && text.chars().allMatch(c -> c > 32 && c < 127 && "&#\"<>".indexOf(c) < 0);
    }

    private boolean stopped(ScanRequest request) {
        ScanVerdict verdict = scanner.scanNow(request);
        return !(verdict instanceof ScanVerdict.Clean);
    }

    private static void print(String by, Map<String, Tally> tallies) {
        List<String> lines = new ArrayList<>();
        tallies.forEach((name, t) ->
                lines.add(String.format(Locale.ROOT, "  %-40s %5.1f%% of %d", name, 100 * t.rate(), t.all)));
        System.out.println("by " + by + ", seed " + SEED + ":\n" + String.join("\n", lines));
    }
}
