package egress.server.dlp.body;

import egress.dlp.ScanRequest;
import egress.exchange.Failure;
import egress.exchange.Inspection.Listener;
import egress.exchange.Inspection.Mode;
import egress.server.dlp.judge.RequestJudge;
import io.netty.handler.codec.http.HttpContent;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Lets a body pass that is known to be over the bound where such bodies pass; its trailers are judged. */
public final class TrailerGuard implements BodyGuard, PassingParts.Listener {
    private final Listener listener;
    private final PassingParts parts;

    /** @param head as it leaves */
    public TrailerGuard(RequestJudge judge, Listener listener, Supplier<ScanRequest> head) {
        this.listener = listener;
        this.parts = new PassingParts(judge, head, this);
    }

    @Override
    public Mode mode() {
        return Mode.MESSAGES;
    }

    @Override
    public void headPassed() {
        parts.begin();
        listener.onInspectionReady();
    }

    @Override
    public void take(HttpContent part) {
        parts.take(part);
    }

    @Override
    public boolean wantsMore() {
        return parts.wantsMore();
    }

    @Override
    public @Nullable HttpContent next() {
        return parts.next();
    }

    @Override
    public void onTrailersPassed() {
        listener.onInspectionReady();
    }

    @Override
    public void onTrailersDenied(Failure failure) {
        listener.onInspectionFailed(failure);
    }

    @Override
    public void close() {
        parts.close();
    }
}
