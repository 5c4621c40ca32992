package egress.server.run;

import egress.ca.AtomicFile;
import egress.server.evidence.Suggestions;
import egress.server.flows.Flow;
import egress.server.flows.FlowSink;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** The routes that what a program did would need. */
public final class LearntRoutes implements FlowSink {
    private final Suggestions suggestions = new Suggestions(Suggestions.Options.EVERYTHING_SEEN);

    @Override
    public void started(Flow flow) {
        // counts when it is whole
    }

    @Override
    public void responded(Flow flow) {
        // counts when it is whole
    }

    @Override
    public synchronized void ended(Flow flow) {
        suggestions.add(flow);
    }

    @Override
    public void message(long id, Flow.Message message) {
        // its exchange counts
    }

    /**
     * Writes them, once all flows are there.
     *
     * @return of how many exchanges they are made
     */
    public synchronized long write(Path file) throws IOException {
        AtomicFile.write(file, suggestions.yaml().getBytes(StandardCharsets.UTF_8));
        return suggestions.exchanges();
    }
}
