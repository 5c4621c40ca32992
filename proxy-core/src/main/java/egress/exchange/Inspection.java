package egress.exchange;

import io.netty.channel.ChannelHandler;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The inspection of one exchange: first its head, then its body, in the way of {@link #mode}. Everything happens
 * on the exchange's loop; an implementation that works elsewhere comes back to it.
 */
public interface Inspection {
    /** Nothing is looked at. */
    Inspection NONE = new Inspection() {
        @Override
        public Mode mode() {
            return Mode.PASS;
        }

        @Override
        public void judgeHead(Listener listener) {
            listener.onHeadVerdict(new Outcome.Pass());
        }

        @Override
        public void take(HttpContent part) {
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

    /** How the body is looked at. */
    enum Mode {
        /** Not at all. */
        PASS,
        /** Held until the verdict on the complete body. */
        HOLD,
        /** Piece by piece as it passes, each piece held until its own verdict. */
        MESSAGES
    }

    /** What was found. */
    sealed interface Outcome {
        record Pass() implements Outcome {}

        /**
         * What was found is masked; policy judges the new head again.
         *
         * @param target origin-form
         * @param fields with the framing of the new body
         */
        record Rewritten(String target, HttpHeaders fields) implements Outcome {}

        /** The request does not leave. */
        record Fail(Failure failure) implements Outcome {}
    }

    /**
     * One finding, without its value: safe to show.
     *
     * @param detector what found it
     * @param place a word or two, such as {@code body} or {@code header x-note}
     * @param fingerprint keyed; what an operator names to let exactly this value through
     */
    record Hit(String detector, String place, String fingerprint, Effect effect) {}

    /** What a finding did. */
    enum Effect {
        /** It was only reported. */
        WARNED,
        BLOCKED,
        /** It was masked, and the request went on. */
        REDACTED,
        /** It waits for an operator's yes. */
        SUPERVISED,
        /** It was one hit too many: its caller is locked out. */
        LOCKED;

        /** As logs and metrics name it. */
        public String code() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Receives the verdicts, on the exchange's loop. */
    interface Listener {
        /** An operator is asked about what was found; the verdict waits for the answer. */
        default void onAsked(String id) {}

        /** Any number of times, also after the exchange has ended. */
        void onHit(Hit hit);

        /** Once, after {@link #judgeHead}, possibly before that returns. */
        void onHeadVerdict(Outcome outcome);

        /** Once where the body is held: it is complete, and scanned. */
        void onBodyVerdict(Outcome outcome);

        /** {@link #wantsMore} has turned true, or {@link #next} has something. */
        void onInspectionReady();

        /** The body cannot be let through: a bound is reached, or a piece holds what must not leave. */
        void onInspectionFailed(Failure failure);
    }

    Mode mode();

    /**
     * Whether the head that passed has been judged by all: where not, the body's verdict is the head's too, and the origin must not
     * even be dialled before, since its name may hold what must not leave.
     */
    default boolean isHeadJudged() {
        return true;
    }

    /** Begins with the head. */
    void judgeHead(Listener listener);

    /** A part of the body, owned by the inspection from now on. */
    void take(HttpContent part);

    /** Whether more parts may come now. */
    boolean wantsMore();

    /**
     * The next part that may leave.
     *
     * @return null when there is none now; {@link Listener#onInspectionReady} is called when there is
     */
    @Nullable
    HttpContent next();

    /**
     * What reads the agent's bytes after an upgrade.
     *
     * @param responseFields of the 101, which name the extensions agreed on
     */
    default Optional<ChannelHandler> webSocket(HttpHeaders responseFields) {
        return Optional.empty();
    }

    /** A response part on its way in, for warnings; looked at without delay and not kept. */
    default void observeResponse(HttpContent part) {}

    /** The response's head, before any of its parts. */
    default void observeResponse(HttpHeaders fields) {}

    /** Until when an operator is asked and all else waits, as {@link System#nanoTime}; 0 where no question is open. */
    default long askedUntilNanos() {
        return 0;
    }

    /** Frees what is held. No callback comes after it. */
    void close();
}
