package egress.server.ask;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What an operator said no to a short while ago, so that the same is not asked at once again. Its owner's lock guards it. */
final class Denied {
    private static final int MOST = 4_096;

    private final Map<QuestionKey, Said> said = new LinkedHashMap<>();

    /** @param why the operator's words */
    record Said(long untilNanos, String why) {}

    void add(QuestionKey key, long untilNanos, String why) {
        said.remove(key);
        said.put(key, new Said(untilNanos, why));
        if (said.size() > MOST) {
            said.remove(said.keySet().iterator().next());
        }
    }

    @Nullable
    Said of(QuestionKey key, long now) {
        Said no = said.get(key);
        if (no != null && no.untilNanos() - now <= 0) {
            said.remove(key);
            return null;
        }
        return no;
    }
}
