package egress.server.ask;

import egress.policy.Match;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A question that waits for its answer. The desk's lock guards it. */
final class OpenQuestion {
    final QuestionKey key;
    final long generation;
    final long deadlineNanos;
    final Set<Waiter> waiters = new LinkedHashSet<>(1);
    /** What a yes does beside; null where it only lets pass. */
    final @Nullable Runnable onAllowed;

    /** With texts as they came: what is masked of them is known once it is {@link #shown}. */
    Question question;

    /** As it may be shown; null before the first time. */
    @Nullable
    Question shown;

    /** When that was ({@link System#nanoTime}). */
    long shownNanos;

    /** Whether what is shown is not what there is. */
    boolean changed = true;

    OpenQuestion(
            QuestionKey key, long generation, long deadlineNanos, Question question, @Nullable Runnable onAllowed) {
        this.key = key;
        this.generation = generation;
        this.deadlineNanos = deadlineNanos;
        this.question = question;
        this.onAllowed = onAllowed;
    }

    Match rule() {
        return key.rule();
    }

    void again(boolean waits) {
        question = new Question(
                question.id(),
                question.time(),
                question.deadline(),
                question.kind(),
                question.waits() || waits,
                question.who(),
                question.wanted(),
                question.reason(),
                question.rule(),
                question.justification(),
                question.count() + 1);
        changed = true;
    }
}
