package egress.policy;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * Looks at one request's body as it passes, each piece before it leaves, where the head alone does not say what is asked
 * for. Keeps a few bytes of state and no piece; what was let go before a denial is never a whole body.
 */
public interface BodyJudge {
    /** Whether the head waits for the body too, while that is short: where what is asked for stands in the body alone. */
    default boolean holdsHead() {
        return false;
    }

    /** Of the next bytes, which stay the caller's, unread. Null while nothing stands against them. */
    Verdict.@Nullable Deny take(ByteBuf bytes);

    /** The body is whole, and nothing of its last piece has left. Null when it may. */
    Verdict.@Nullable Deny end();

    /** Nothing more comes: gives back what is not the heap's. */
    default void close() {}
}
