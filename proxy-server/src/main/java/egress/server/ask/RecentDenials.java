package egress.server.ask;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What an operator said no to a short while ago, so that the same is not asked at once again. Its owner's lock guards it. */
final class RecentDenials {
    private static final int MOST = 4_096;

    private final Map<QuestionKey, Denial> denials = new LinkedHashMap<>();

    /** @param why the operator's words */
    record Denial(long untilNanos, String why) {}

    void add(QuestionKey key, long untilNanos, String why) {
        denials.remove(key);
        denials.put(key, new Denial(untilNanos, why));
        if (denials.size() > MOST) {
            denials.remove(denials.keySet().iterator().next());
        }
    }

    @Nullable
    Denial of(QuestionKey key, long now) {
        Denial no = denials.get(key);
        if (no != null && no.untilNanos() - now <= 0) {
            denials.remove(key);
            return null;
        }
        return no;
    }
}
