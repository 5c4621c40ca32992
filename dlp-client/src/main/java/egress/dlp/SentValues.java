package egress.dlp;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/**
 * The small values that one caller sent of late, in the order in which they left, so that a secret that leaves in parts is put
 * together. A value that was seen lately is not taken again: clients of language models send their history with each request. Safe for
 * every thread; a lock is held while values are compared, so that none leaves unseen beside another.
 */
public final class SentValues {
    /** In bytes; a longer value is no part of a secret that was made small. */
    public static final int LONGEST = 64;
    /** A value this short, in bytes, is taken each time, since single letters come again, but not twice in a row. */
    public static final int TINY = 2;
    /** So many of each carrier are kept. */
    public static final int KEPT = 64;

    private static final long SPAN_NANOS = 600_000_000_000L;
    /** What a kept value takes besides its bytes, about. */
    private static final int OVERHEAD = 112;

    private static final int LEAST_SIZE = 512;

    private static final AtomicLong IDS = new AtomicLong();

    private final Key key;
    private final LongSupplier nanoTime;
    private final Room room;
    private final long id = IDS.incrementAndGet();
    private final SeenHashes seen = new SeenHashes();
    private final Map<Carrier, Deque<Kept>> kept = new EnumMap<>(Carrier.class);
    /** Of all carriers but names, the latest. */
    private final Deque<Kept> latest = new ArrayDeque<>();

    private long held = LEAST_SIZE;
    private volatile long turned;
    /** Grows with whatever is remembered. */
    private volatile long version = 1;

    /** What carries values: those of one are joined with each other. */
    public enum Carrier {
        HOST,
        PATH,
        QUERY,
        FIELD,
        /** Of a parameter, a field or a member. */
        NAME,
        /** An item of a body or a message, or all of it. */
        BODY
    }

    /**
     * One value.
     *
     * @param bare where it begins behind a label that numbers it
     * @param key of values that belong together: of one parameter, of one place in the path
     * @param number which part it is; -1 where that is unknown
     * @param hash by the same memory's {@link #hash}
     */
    @SuppressWarnings("ArrayRecordComponent") // compared by identity
    public record Value(byte[] bytes, int bare, int key, int number, long hash) {}

    /**
     * What one scan met for the first time.
     *
     * @param first at most {@link #KEPT}, which are joined with what went before
     * @param last at most {@link #KEPT}, which are joined with what comes
     * @param hashes of all of them
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    public record Fresh(Carrier carrier, List<Value> first, List<Value> last, long[] hashes) {}

    /** Values in the order in which they left, and those that are about to. */
    public record Lane(List<Value> before, List<Value> added) {}

    /** Where the memory is counted. */
    @FunctionalInterface
    public interface Room {
        /** Sets what is held, in bytes; false where so much may not be. */
        boolean hold(long bytes);
    }

    /**
     * How a memory stood.
     *
     * @param memory which one
     * @param version grows with whatever it remembers
     * @param nanos when that was
     */
    public record State(long memory, long version, long nanos) {
        private static final long HOLDS_NANOS = 60_000_000_000L;

        /** Whether the same memory still stands as it did, and nothing of it was forgotten meanwhile. */
        public boolean stillHolds(State now) {
            return memory == now.memory && version == now.version && now.nanos - nanos < HOLDS_NANOS;
        }
    }

    /** Seeds the hashes, so that nothing outside of the process can choose them. */
    public record Key(long first, long second) {}

    private record Kept(Value value, long nanos) {}

    public SentValues(Key key, LongSupplier nanoTime, Room room) {
        this.key = key;
        this.nanoTime = nanoTime;
        this.room = room;
        this.turned = nanoTime.getAsLong();
    }

    /** How it stands now. */
    public State state() {
        long now = nanoTime.getAsLong();
        if (now - turned > SPAN_NANOS) {
            turn(now);
        }
        return new State(id, version, now);
    }

    /** Forgets what was seen long ago, also where nothing was sent since. */
    private synchronized void turn(long now) {
        if (now - turned > 2 * SPAN_NANOS) {
            seen.turn();
        }
        if (now - turned > SPAN_NANOS) {
            seen.turn();
            turned = now;
        }
    }

    /** Names a value of that carrier. */
    public long hash(Carrier carrier, byte[] b, int from, int to) {
        long hash = mixed(key.first ^ carrier.name().charAt(0), key.second ^ (to - from));
        for (int i = from; i < to; i += Long.BYTES) {
            long word = 0;
            for (int j = i; j < Math.min(to, i + Long.BYTES); j++) {
                word = word << Byte.SIZE | b[j] & 0xff;
            }
            hash = mixed(hash ^ word, key.second);
        }
        return mixed(hash, key.first);
    }

    private static long mixed(long one, long other) {
        return Math.unsignedMultiplyHigh(one, other | 1) ^ one * (other | 1);
    }

    /** Whether such a value left lately: then it was compared, and need not be again. */
    public boolean has(long hash) {
        return seen.has(hash);
    }

    /**
     * Compares what is about to leave with what left, and remembers it where it may.
     *
     * @param mayLeave asked about each carrier's values in a row, and about all of them; called once, under the lock
     * @return how it stands behind that; empty where there is no room, and nothing was compared
     */
    public synchronized Optional<State> join(Collection<Fresh> gathered, Predicate<List<Lane>> mayLeave) {
        long now = nanoTime.getAsLong();
        forget(now);
        List<Fresh> fresh = gathered.stream()
                .map(this::withoutRepeats)
                .filter(each -> !each.first.isEmpty())
                .toList();
        if (fresh.isEmpty()) {
            return Optional.of(state());
        }
        if (!room.hold(held + seen.size() + sizeOf(fresh))) {
            return Optional.empty();
        }
        if (mayLeave.test(lanes(fresh))) {
            version++;
            fresh.forEach(each -> keep(each, now));
        }
        room.hold(held + seen.size());
        return Optional.of(state());
    }

    private void forget(long now) {
        for (Deque<Kept> values : kept.values()) {
            while (isOver(values, now)) {
                held -= size(values.removeFirst().value);
            }
        }
        while (isOver(latest, now)) {
            latest.removeFirst();
        }
        turn(now);
    }

    private Fresh withoutRepeats(Fresh fresh) {
        Deque<Kept> before = kept.get(fresh.carrier);
        if (before == null || fresh.first.stream().noneMatch(value -> repeats(before, value))) {
            return fresh;
        }
        List<Value> first =
                fresh.first.stream().filter(value -> !repeats(before, value)).toList();
        boolean few = fresh.first.size() < KEPT;
        return new Fresh(fresh.carrier, first, few ? first : fresh.last, fresh.hashes);
    }

    /** Whether a tiny value is the same as the one before it. */
    private static boolean repeats(Deque<Kept> before, Value value) {
        if (value.bytes.length > TINY) {
            return false;
        }
        for (Iterator<Kept> latest = before.descendingIterator(); latest.hasNext(); ) {
            Value each = latest.next().value;
            if (each.key == value.key) {
                return each.hash == value.hash;
            }
        }
        return false;
    }

    private static boolean isOver(Deque<Kept> values, long now) {
        return !values.isEmpty() && now - values.getFirst().nanos > SPAN_NANOS;
    }

    private List<Lane> lanes(Collection<Fresh> fresh) {
        List<Lane> lanes = new ArrayList<>(fresh.size() + 1);
        List<Value> added = new ArrayList<>();
        for (Fresh each : fresh) {
            lanes.add(new Lane(values(kept.getOrDefault(each.carrier, new ArrayDeque<>())), each.first));
            if (each.carrier != Carrier.NAME) {
                added.addAll(each.first);
            }
        }
        lanes.add(new Lane(values(latest), added.subList(0, Math.min(KEPT, added.size()))));
        return lanes;
    }

    private static List<Value> values(Collection<Kept> kept) {
        List<Value> values = new ArrayList<>(kept.size());
        for (Kept each : kept) {
            values.add(each.value);
        }
        return values;
    }

    private void keep(Fresh fresh, long now) {
        Deque<Kept> values = kept.computeIfAbsent(fresh.carrier, _ -> new ArrayDeque<>());
        for (Value value : fresh.last) {
            Kept added = new Kept(value, now);
            values.addLast(added);
            held += size(value);
            if (values.size() > KEPT) {
                held -= size(values.removeFirst().value);
            }
            if (fresh.carrier != Carrier.NAME) {
                latest.addLast(added);
                if (latest.size() > KEPT) {
                    latest.removeFirst();
                }
            }
        }
        for (long hash : fresh.hashes) {
            seen.add(hash);
        }
    }

    private static long size(Value value) {
        return OVERHEAD + (long) value.bytes.length;
    }

    private static long sizeOf(Collection<Fresh> fresh) {
        long size = 0;
        for (Fresh each : fresh) {
            for (Value value : each.last) {
                size += size(value);
            }
            size += 8L * each.hashes.length;
        }
        return size;
    }
}
