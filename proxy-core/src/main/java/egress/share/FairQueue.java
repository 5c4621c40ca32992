package egress.share;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Who is next: the caller that has had the least time, and of its connections the one that has. A newcomer starts level with the
 * one that had least, so that time is not saved up, and none waits for ever. Used under its owner's lock.
 */
final class FairQueue<T> {
    /** Callers that are remembered while they have nothing to do, because they are ahead of the others. */
    private static final int MOST_REMEMBERED = 256;

    private final Map<Caller, Account> accounts = new LinkedHashMap<>();
    /** How much time the caller had had that was served last. */
    private long floor;

    /** A caller. */
    static final class Account {
        private final Caller caller;
        private long time;
        private long floor;
        private int waiting;
        int running;
        int paused;

        Account(Caller caller, long time) {
            this.caller = caller;
            this.time = time;
        }

        boolean isActive() {
            return waiting + running + paused > 0;
        }
    }

    /** A connection of a caller. */
    static final class Line<T> {
        final Account account;
        private final long connection;
        private final Deque<T> entries = new ArrayDeque<>(2);
        private final Map<Long, Line<T>> siblings;
        private long time;
        private int users;

        Line(Account account, long connection, Map<Long, Line<T>> siblings) {
            this.account = account;
            this.connection = connection;
            this.siblings = siblings;
            this.time = account.floor;
        }

        /** How much more time its caller has had than another's, or it than a sibling. */
        long ahead(Line<T> other) {
            return other.account == account ? time - other.time : account.time - other.account.time;
        }
    }

    private final Map<Account, Map<Long, Line<T>>> lines = new LinkedHashMap<>();

    /** The line of a claimant, which stays while it has users: {@link #leave} it. */
    Line<T> enter(Claimant who) {
        Account account = accounts.get(who.caller());
        if (account == null) {
            forgetIdle();
            account = new Account(who.caller(), floor);
            accounts.put(who.caller(), account);
        } else if (!account.isActive()) {
            account.time = Math.max(account.time, floor);
        }
        Account of = account;
        Map<Long, Line<T>> siblings = lines.computeIfAbsent(account, a -> new LinkedHashMap<>(4));
        Line<T> line = siblings.computeIfAbsent(who.connection(), id -> new Line<>(of, id, siblings));
        line.users++;
        return line;
    }

    void leave(Line<T> line) {
        line.users--;
        if (line.users == 0) {
            line.siblings.remove(line.connection);
            Account account = line.account;
            if (line.siblings.isEmpty()) {
                lines.remove(account);
                account.floor = 0;
                if (account.time <= floor) {
                    accounts.remove(account.caller, account);
                }
            }
        }
    }

    private void forgetIdle() {
        if (accounts.size() - lines.size() < MOST_REMEMBERED) {
            return;
        }
        accounts.values().removeIf(account -> !lines.containsKey(account));
    }

    void add(Line<T> line, T entry) {
        line.entries.add(entry);
        line.account.waiting++;
    }

    /** Ahead of what its connection has not begun. */
    void addFirst(Line<T> line, T entry) {
        line.entries.addFirst(entry);
        line.account.waiting++;
    }

    boolean remove(Line<T> line, T entry) {
        boolean was = line.entries.remove(entry);
        line.account.waiting -= was ? 1 : 0;
        return was;
    }

    void charge(Line<T> line, long time) {
        line.time += time;
        line.account.time += time;
    }

    /** The line whose turn it is, of the callers that may begin something; null when nothing waits. */
    @Nullable
    Line<T> first(Predicate<Account> mayBegin) {
        Account best = null;
        for (Account account : lines.keySet()) {
            if (account.waiting > 0 && (best == null || account.time < best.time) && mayBegin.test(account)) {
                best = account;
            }
        }
        return best == null ? null : first(best);
    }

    private @Nullable Line<T> first(Account account) {
        Line<T> best = null;
        for (Line<T> line : lines.getOrDefault(account, Map.of()).values()) {
            if (!line.entries.isEmpty() && (best == null || line.time < best.time)) {
                best = line;
            }
        }
        return best;
    }

    /** The line's next entry. */
    T peek(Line<T> line) {
        return line.entries.element();
    }

    /** Takes the line's next entry. */
    T poll(Line<T> line) {
        T entry = line.entries.remove();
        line.account.waiting--;
        floor = Math.max(floor, line.account.time);
        line.account.floor = Math.max(line.account.floor, line.time);
        return entry;
    }

    /** Callers that have something to do. */
    int active() {
        return lines.size();
    }
}
