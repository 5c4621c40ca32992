package egress.server.inspect;

import egress.server.flows.Flow;
import egress.server.flows.FlowBody;
import egress.server.flows.FlowSink;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The latest flows, bounded by their bytes: the oldest goes first. Each change of a flow gets a revision, so that a reader asks for what
 * changed since it last asked, however slow it is, and nothing is queued for it. Safe for use by every thread.
 */
final class FlowStore implements FlowSink {
    /** One flow alone may take this part of all. */
    private static final int LARGEST_SHARE = 4;

    /** Messages of one WebSocket that are held: each new one copies the list. */
    private static final int MOST_MESSAGES = 2_000;

    private static final int MOST_EARLY = 1_000;

    private final long most;
    /** By number, which is the order in which they came. */
    private final TreeMap<Long, Entry> byNumber = new TreeMap<>();

    private final TreeMap<Long, Entry> byRevision = new TreeMap<>();
    /** The numbers of exchanges under way, by the gate's own id. */
    private final Map<Long, Long> open = new HashMap<>();

    /** Those of all exchanges that are held. */
    private final Map<Long, Long> byId = new HashMap<>();

    /** What the shadow routes say of exchanges that are not here yet: they are judged on a thread of their own. */
    private final Map<Long, ShadowVerdict> early = new LinkedHashMap<>();

    private long bytes;
    private long lastNumber;
    private long lastRevision;

    /** How far an exchange has come. */
    enum State {
        STARTED,
        RESPONDED,
        ENDED
    }

    /**
     * A flow as it is held.
     *
     * @param number counted by the store from 1 on
     * @param messagesDropped of a WebSocket, the oldest, which would have taken more than one flow's part
     * @param shadow what the shadow routes would have decided otherwise; null where they would not, or there are none
     */
    record Entry(
            long number,
            long revision,
            State state,
            Flow flow,
            int messagesDropped,
            @Nullable ShadowVerdict shadow,
            long weight) {}

    /**
     * What the shadow routes would have made of an exchange.
     *
     * @param from {@code allow}, or the code of the denial in force; {@code to} likewise of theirs
     * @param rule of theirs; null where none decided
     */
    record ShadowVerdict(String from, String to, @Nullable String rule) {}

    /**
     * What changed since a revision.
     *
     * @param first the lowest number held, or the next one where none is
     * @param revision up to which the reader now knows all
     */
    record Changes(List<Entry> entries, long first, long revision, long bytes) {}

    /** @param most bytes to hold at most, as {@link Weights} counts them */
    FlowStore(long most) {
        this.most = most;
    }

    @Override
    public void started(Flow flow) {
        put(flow, State.STARTED);
    }

    @Override
    public void responded(Flow flow) {
        put(flow, State.RESPONDED);
    }

    @Override
    public void ended(Flow flow) {
        put(flow, State.ENDED);
    }

    private synchronized void put(Flow flow, State state) {
        Long known = flow.isExchange() ? open.get(flow.id()) : null;
        Entry before = known == null ? null : byNumber.get(known);
        Flow whole = flow;
        int dropped = 0;
        if (before != null) {
            dropped = before.messagesDropped();
            if (flow.messages().size() < before.flow().messages().size()) {
                whole = Flows.withMessages(flow, before.flow().messages());
            }
        }
        ShadowVerdict shadow = before != null ? before.shadow() : flow.isExchange() ? early.remove(flow.id()) : null;
        store(before, state, whole, dropped, shadow);
        if (state == State.ENDED && flow.isExchange()) {
            open.remove(flow.id());
        }
    }

    @Override
    public synchronized void message(long id, Flow.Message message) {
        Long number = open.get(id);
        Entry before = number == null ? null : byNumber.get(number);
        if (before == null) {
            return;
        }
        List<Flow.Message> messages = new ArrayList<>(before.flow().messages());
        messages.add(message);
        store(
                before,
                before.state(),
                Flows.withMessages(before.flow(), messages),
                before.messagesDropped(),
                before.shadow());
    }

    /** The shadow routes would have decided an exchange otherwise. */
    synchronized void flipped(long id, ShadowVerdict verdict) {
        Long number = byId.get(id);
        Entry before = number == null ? null : byNumber.get(number);
        if (before != null) {
            store(before, before.state(), before.flow(), before.messagesDropped(), verdict);
            return;
        }
        early.put(id, verdict);
        if (early.size() > MOST_EARLY) {
            early.remove(early.keySet().iterator().next());
        }
    }

    private void store(@Nullable Entry before, State state, Flow flow, int dropped, @Nullable ShadowVerdict shadow) {
        Flow held = flow;
        int less = dropped;
        long weight = Weights.of(held);
        int over = Math.max(held.messages().size() - MOST_MESSAGES, Weights.messagesOver(held, most / LARGEST_SHARE));
        if (over > 0 || weight > most / LARGEST_SHARE) {
            over = Math.max(over, 0);
            less += over;
            held = Flows.withMessages(
                    held, held.messages().subList(over, held.messages().size()));
            held = Weights.of(held) > most / LARGEST_SHARE ? Flows.withoutBodies(held) : held;
            weight = Weights.of(held);
        }
        if (before != null) {
            byRevision.remove(before.revision());
            bytes -= before.weight();
        }
        long number = before == null ? ++lastNumber : before.number();
        Entry entry = new Entry(number, ++lastRevision, state, held, less, shadow, weight);
        byNumber.put(number, entry);
        byRevision.put(entry.revision(), entry);
        bytes += weight;
        if (held.isExchange()) {
            byId.put(held.id(), number);
            if (before == null || before.state() != State.ENDED) {
                open.put(held.id(), number);
            }
        }
        while (bytes > most && byNumber.size() > 1) {
            remove(byNumber.firstEntry().getValue());
        }
        notifyAll();
    }

    private void remove(Entry entry) {
        byNumber.remove(entry.number());
        byRevision.remove(entry.revision());
        if (entry.flow().isExchange()) {
            open.remove(entry.flow().id(), entry.number());
            byId.remove(entry.flow().id(), entry.number());
        }
        bytes -= entry.weight();
    }

    /** Forgets all flows; one that is under way comes back with its next event. */
    synchronized void clear() {
        byNumber.clear();
        byRevision.clear();
        open.clear();
        byId.clear();
        bytes = 0;
        lastRevision++;
        notifyAll();
    }

    synchronized Optional<Entry> entry(long number) {
        return Optional.ofNullable(byNumber.get(number));
    }

    /** All that is held, the oldest first. */
    synchronized List<Entry> entries() {
        return List.copyOf(byNumber.values());
    }

    /** The ClientHello of the connection on which an exchange came, where it is still held. */
    synchronized Optional<Flow.Hello> hello(Entry of) {
        return byNumber.headMap(of.number(), false).descendingMap().values().stream()
                .map(Entry::flow)
                .filter(flow -> flow.hello() != null
                        && flow.client().address().equals(of.flow().client().address()))
                .findFirst()
                .map(Flow::hello);
    }

    /** The changes after a revision, the oldest first, {@code count} of them at most. */
    synchronized Changes since(long revision, int count) {
        List<Entry> entries = byRevision.tailMap(revision, false).values().stream()
                .limit(count)
                .toList();
        boolean all = entries.size() < count;
        long first = byNumber.isEmpty() ? lastNumber + 1 : byNumber.firstKey();
        return new Changes(
                entries, first, all ? lastRevision : entries.getLast().revision(), bytes);
    }

    /** Waits until there is a change after a revision; false where there was none in that time. */
    synchronized boolean await(long revision, long millis) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        while (lastRevision <= revision) {
            long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
            if (left <= 0) {
                return false;
            }
            wait(left);
        }
        return true;
    }

    /** What a flow takes of the heap, counted from above. */
    static final class Weights {
        private static final long OBJECT = 1_000;
        private static final long PART = 100;

        private Weights() {}

        static long of(Flow flow) {
            long sum = OBJECT;
            Flow.Tls tls = flow.upstream().tls();
            if (tls != null && tls.certificate() != null) { // which flows of one connection share
                sum += PART + tls.certificate().names().size() * PART;
            }
            Flow.Hello hello = flow.hello();
            if (hello != null) {
                for (String protocol : hello.alpn()) {
                    sum += PART + protocol.length();
                }
            }
            Flow.Request request = flow.request();
            if (request != null) {
                sum += request.method().length() + request.path().length();
                sum += of(request.fields()) + of(request.body()) + of(request.trailers());
            }
            String why = flow.decision().why();
            sum += why == null ? 0 : why.length();
            Flow.Response response = flow.response();
            if (response != null) {
                sum += of(response.fields()) + of(response.body()) + of(response.trailers());
            }
            for (Flow.Message message : flow.messages()) {
                sum += of(message);
            }
            return sum + flow.findings().size() * PART * 2;
        }

        /** How many of the oldest messages must go for the flow to weigh no more. */
        static int messagesOver(Flow flow, long most) {
            long sum = of(flow);
            int count = 0;
            while (sum > most && count < flow.messages().size()) {
                sum -= of(flow.messages().get(count++));
            }
            return count;
        }

        private static long of(Flow.Message message) {
            return PART + of(message.payload());
        }

        private static long of(FlowBody body) {
            return body.kept().length;
        }

        private static long of(List<Flow.Field> fields) {
            long sum = 0;
            for (Flow.Field field : fields) {
                sum += PART + field.name().length() + field.value().length();
            }
            return sum;
        }
    }
}
