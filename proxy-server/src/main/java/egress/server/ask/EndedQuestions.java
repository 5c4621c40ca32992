package egress.server.ask;

import egress.share.Caller;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** What became of the latest questions of each caller. Its owner's lock guards it. */
final class EndedQuestions {
    private static final int MOST_CALLERS = 100;
    private static final int MOST_OF_A_CALLER = 40;

    private final Map<Caller, Map<String, State>> all = new LinkedHashMap<>(16, 0.75f, true);

    void add(State state) {
        Map<String, State> of = all.computeIfAbsent(state.question().who().caller(), any -> new LinkedHashMap<>());
        of.put(state.question().id(), state);
        forget(of, MOST_OF_A_CALLER);
        forget(all, MOST_CALLERS);
    }

    Optional<State> get(Caller caller, String id) {
        Map<String, State> of = all.get(caller);
        return of == null ? Optional.empty() : Optional.ofNullable(of.get(id));
    }

    private static void forget(Map<?, ?> map, int most) {
        if (map.size() > most) {
            map.remove(map.keySet().iterator().next());
        }
    }
}
