package egress.dlp.given;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads the answer to a batch request of git LFS, which comes in pieces: each action has a {@code href}, and a {@code header} with what is
 * to be sent along to there. Keeps no more of it than the objects that are open.
 */
public final class LfsActions {
    private static final int DEEPEST = 16;

    private final BiConsumer<String, String> found;
    private final Deque<Level> levels = new ArrayDeque<>();
    private boolean ended;

    private boolean inString;
    private final JsonString text = new JsonString();

    /** An object or an array that is open. */
    private static final class Level {
        final boolean isObject;
        /** Under which name it stands in the object around it. */
        final String name;

        /** Of the member that is read; null where the next string is one. */
        @Nullable
        String member;

        @Nullable
        String href;

        @Nullable
        String authorization;

        Level(boolean isObject, String name) {
            this.isObject = isObject;
            this.name = name;
        }
    }

    /** @param found receives each action with an {@code Authorization}: the URL and the field's value */
    public LfsActions(BiConsumer<String, String> found) {
        this.found = found;
    }

    public void feed(byte[] b, int from, int to) {
        for (int i = from; i < to && !ended; i++) {
            if (inString) {
                string(b[i]);
            } else {
                mark(b[i]);
            }
        }
    }

    private void mark(byte next) {
        Level level = levels.peek();
        switch (next) {
            case '{', '[' -> open(next == '{', level);
            case '}', ']' -> close();
            case ',' -> {
                if (level != null) {
                    level.member = null;
                }
            }
            case '"' -> {
                inString = true;
                text.begin();
            }
            default -> {} // numbers and words say nothing
        }
    }

    private void open(boolean isObject, @Nullable Level around) {
        ended = levels.size() == DEEPEST;
        String member = around == null ? null : around.member;
        levels.push(new Level(isObject, member == null ? "" : member));
    }

    private void close() {
        Level level = levels.poll();
        Level around = levels.peek();
        if (level == null || around == null) {
            ended = true;
            return;
        }
        if (level.name.equals("header")) {
            around.authorization = level.authorization;
        } else if (level.href != null && level.authorization != null) {
            found.accept(level.href, level.authorization);
        }
    }

    private void string(byte next) {
        switch (text.take(next)) {
            case MORE -> {}
            case BROKEN -> ended = true;
            case END -> {
                inString = false;
                end(text.text());
            }
        }
    }

    private void end(@Nullable String value) {
        Level level = levels.peek();
        if (level == null || !level.isObject) {
            return;
        }
        String member = level.member;
        if (member == null) {
            level.member = value == null ? "" : value;
        } else if (value != null && member.equals("href")) {
            level.href = value;
        } else if (value != null && level.name.equals("header") && isAuthorization(member)) {
            level.authorization = value;
        }
    }

    private static boolean isAuthorization(String member) {
        return member.toLowerCase(Locale.ROOT).equals("authorization");
    }
}
