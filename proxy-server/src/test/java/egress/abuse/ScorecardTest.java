package egress.abuse;

import static org.assertj.core.api.Assertions.assertThat;

import egress.testkit.scorecard.Scorecard.Entry;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ScorecardTest {
    private static Entry entry(int row, String testClass, boolean good) {
        return new Entry(row + ".a", "a case", "h1", true, "403", good ? "403" : "200", good, testClass);
    }

    private static List<Entry> everything() {
        List<Entry> all = new ArrayList<>();
        for (int row = 1; row <= AbuseList.SIZE; row++) {
            all.add(entry(
                    row,
                    AbuseList.TEST_CLASSES
                            .get(row % AbuseList.TEST_CLASSES.size())
                            .getName(),
                    true));
        }
        return all;
    }

    @Test
    void someOfTheTestsAreNotAskedForEveryRow() {
        assertThat(ScorecardIT.faults(List.of(), false)).isEmpty();
        assertThat(ScorecardIT.faults(List.of(entry(20, "any", true)), false)).isEmpty();
    }

    @Test
    void allOfThemAre() {
        assertThat(ScorecardIT.faults(everything(), true)).isEmpty();
        List<Entry> most = everything();
        most.removeIf(entry -> entry.row() == 45);
        assertThat(ScorecardIT.faults(most, true)).containsExactly("row 45 has no case");
        most.addAll(everything());
        most.removeIf(entry -> entry.testClass().equals(DlpTest.class.getName()));
        assertThat(ScorecardIT.faults(most, true)).contains("DlpTest left nothing");
    }

    @Test
    void aCaseThatCameOutWrongIsAlwaysAFault() {
        for (boolean whole : new boolean[] {true, false}) {
            List<Entry> all = everything();
            all.add(entry(3, "any", false));
            assertThat(ScorecardIT.faults(all, whole)).hasSize(1);
        }
    }
}
