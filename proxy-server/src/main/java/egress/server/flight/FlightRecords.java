package egress.server.flight;

import egress.ca.MintWatch;
import egress.exchange.Event;
import egress.exchange.Observer;
import egress.server.dlp.judge.ScanWatch;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Hands what happens to the flight recorder, once there is one; until then it passes over everything. */
public final class FlightRecords implements Observer, MintWatch, ScanWatch {
    private volatile @Nullable Sink sink;

    /** Takes what is recorded. */
    interface Sink extends Observer, MintWatch, ScanWatch {}

    /** Empty where this run time has no flight recorder: then nothing is recorded. */
    public static Optional<FlightRecords> whereThereIsARecorder() {
        boolean there = ModuleLayer.boot().findModule("jdk.jfr").isPresent();
        return there ? Optional.of(new FlightRecords()) : Optional.empty();
    }

    /**
     * Waits for a recorder, which there is from the start with -XX:StartFlightRecording, or later by jcmd.
     *
     * @param masker takes secrets out of a text; called by event loops
     */
    public void awaitRecorder(UnaryOperator<String> masker) {
        FlightSink.whenRecorderIsThere(masker, made -> sink = made);
    }

    @Override
    public void on(Event event) {
        Sink known = sink;
        if (known != null) {
            known.on(event);
        }
    }

    @Override
    public Mint begins(String name) {
        Sink known = sink;
        return known == null ? MintWatch.NONE.begins(name) : known.begins(name);
    }

    @Override
    public Scan begins(Place place, long bytes) {
        Sink known = sink;
        return known == null ? Scan.UNWATCHED : known.begins(place, bytes);
    }
}
