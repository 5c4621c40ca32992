package egress.server.inspect;

import egress.server.flows.FlowFilter;
import egress.server.inspect.FlowStore.Changes;
import egress.server.inspect.FlowStore.Entry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The changes of the store as server-sent events to one reader, on a thread of its own: it asks for more only when the last piece was
 * taken, so a slow reader misses steps between, never the last state.
 */
final class EventStream {
    private static final int BATCH = 500;
    /** What the filter may take for one piece. */
    private static final long LONGEST_NANOS = 200_000_000;

    private static final long SIGN_OF_LIFE_MILLIS = 15_000;
    /** Between two pieces: a page draws no faster. */
    private static final long PAUSE_MILLIS = 50;

    private final FlowStore store;
    private final FlowJson json;
    private final FlowFilter filter;

    EventStream(FlowStore store, FlowJson json, FlowFilter filter) {
        this.store = store;
        this.json = json;
        this.filter = filter;
    }

    /**
     * Writes until the reader leaves.
     *
     * @throws IOException when it did
     */
    void writeTo(Pieces reader) throws IOException, InterruptedException {
        long seen = -1;
        while (true) {
            if (!store.await(seen, SIGN_OF_LIFE_MILLIS)) {
                write(reader, ": nothing new\n\n");
                continue;
            }
            Changes changes = store.since(seen, BATCH);
            Batch batch = batch(changes);
            seen = batch.revision();
            write(reader, "data: " + batch.text() + "\n\n");
            if (seen < changes.revision() || changes.entries().size() < BATCH) {
                Thread.sleep(PAUSE_MILLIS);
            }
        }
    }

    private static void write(Pieces reader, String event) throws IOException {
        reader.write(event.getBytes(StandardCharsets.UTF_8));
    }

    /** @param revision up to which it goes */
    private record Batch(String text, long revision) {}

    /** Agents choose the bodies that a filter searches: it ends where it takes long, so that who has left is noticed. */
    private Batch batch(Changes changes) {
        long began = System.nanoTime();
        List<Entry> shown = new ArrayList<>();
        List<Long> gone = new ArrayList<>();
        for (Entry entry : changes.entries()) {
            if (filter.matches(entry.flow())) {
                shown.add(entry);
            } else if (entry.state() != FlowStore.State.STARTED) {
                gone.add(entry.number()); // it may have been let through before
            }
            if (System.nanoTime() - began > LONGEST_NANOS) {
                return new Batch(json.changes(changes, shown, gone), entry.revision());
            }
        }
        return new Batch(json.changes(changes, shown, gone), changes.revision());
    }
}
