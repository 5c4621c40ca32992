package egress.policy;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * Judges one request's body as it passes, each piece before it leaves, where the head alone does not determine what is asked
 * for. Keeps a few bytes of state and no piece. What leaves before a denial is never a complete body.
 */
public interface BodyJudge {
    /** Whether the head waits for a short body too, because only the body determines what is asked for. */
    default boolean holdsHead() {
        return false;
    }

    /** Judges the next bytes, without consuming them. Null while there is no reason to deny. */
    Verdict.@Nullable Deny take(ByteBuf bytes);

    /** The body is complete, and its last piece has not left. Null when it may leave. */
    Verdict.@Nullable Deny end();

    /** Nothing more comes: gives back what is not the heap's. */
    default void close() {}
}
