package egress.server.dlp.body;

import egress.exchange.Inspection.Mode;
import io.netty.handler.codec.http.HttpContent;
import org.jspecify.annotations.Nullable;

/** What an inspection does with the body: the half of {@link egress.exchange.Inspection} that comes after the head. */
public interface BodyGuard {
    Mode mode();

    /** The head's verdict is out: the body's may follow. */
    void headPassed();

    /** A part, owned by the guard from now on. */
    void take(HttpContent part);

    boolean wantsMore();

    @Nullable
    HttpContent next();

    void close();

    /** No body to look at: the parts pass by. */
    BodyGuard NONE = new BodyGuard() {
        @Override
        public Mode mode() {
            return Mode.PASS;
        }

        @Override
        public void headPassed() {
            // nothing waits for it
        }

        @Override
        public void take(HttpContent part) {
            part.release();
            throw new IllegalStateException("nothing is inspected");
        }

        @Override
        public boolean wantsMore() {
            return true;
        }

        @Override
        public @Nullable HttpContent next() {
            return null;
        }

        @Override
        public void close() {
            // holds nothing
        }
    };
}
