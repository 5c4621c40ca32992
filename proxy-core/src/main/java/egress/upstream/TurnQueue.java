package egress.upstream;

import egress.share.Caller;
import egress.share.Claimant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What waits, served caller by caller, and connection by connection within a caller, so that one who asks for much delays only itself.
 * For use by one thread, or under a lock.
 */
final class TurnQueue<T> {
    /** So many connections of a caller are tried before the next caller's turn. */
    private static final int MOST_TRIED = 4;

    private final LinkedHashMap<Caller, LinkedHashMap<Long, LinkedHashSet<T>>> callers = new LinkedHashMap<>();
    private int size;

    void add(Claimant who, T item) {
        if (callers.computeIfAbsent(who.caller(), _ -> new LinkedHashMap<>(2))
                .computeIfAbsent(who.connection(), _ -> new LinkedHashSet<>(2))
                .add(item)) {
            size++;
        }
    }

    boolean remove(Claimant who, T item) {
        Map<Long, LinkedHashSet<T>> connections = callers.get(who.caller());
        LinkedHashSet<T> items = connections == null ? null : connections.get(who.connection());
        if (connections == null || items == null || !items.remove(item)) {
            return false;
        }
        size--;
        if (items.isEmpty()) {
            connections.remove(who.connection());
            if (connections.isEmpty()) {
                callers.remove(who.caller());
            }
        }
        return true;
    }

    /**
     * Takes out the next in turn.
     *
     * @param served whether this one can be served now; asked about the first of each connection, until one can
     * @return null where none can
     */
    @Nullable
    T next(Predicate<T> served) {
        for (Map.Entry<Caller, LinkedHashMap<Long, LinkedHashSet<T>>> caller : callers.entrySet()) {
            Iterator<Map.Entry<Long, LinkedHashSet<T>>> connections =
                    caller.getValue().entrySet().iterator();
            for (int tried = 0; tried < MOST_TRIED && connections.hasNext(); tried++) {
                Map.Entry<Long, LinkedHashSet<T>> connection = connections.next();
                T first = connection.getValue().getFirst();
                if (served.test(first)) {
                    rotate(new Claimant(caller.getKey(), connection.getKey()), first);
                    return first;
                }
            }
        }
        return null;
    }

    private void rotate(Claimant who, T served) {
        LinkedHashMap<Long, LinkedHashSet<T>> connections = callers.remove(who.caller());
        LinkedHashSet<T> items = connections == null ? null : connections.remove(who.connection());
        if (connections == null || items == null) {
            return;
        }
        items.remove(served);
        size--;
        if (!items.isEmpty()) {
            connections.put(who.connection(), items);
        }
        if (!connections.isEmpty()) {
            callers.put(who.caller(), connections);
        }
    }

    boolean holds(Caller caller) {
        return callers.containsKey(caller);
    }

    boolean isEmpty() {
        return size == 0;
    }

    int size() {
        return size;
    }

    /** Everything, the callers one after the other. */
    List<T> all() {
        List<T> all = new ArrayList<>(size);
        callers.values().forEach(connections -> connections.values().forEach(all::addAll));
        return all;
    }
}
