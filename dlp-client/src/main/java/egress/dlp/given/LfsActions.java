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
    private static final int LONGEST = 4 * 1024;

    private final BiConsumer<String, String> found;
    private final Deque<Level> levels = new ArrayDeque<>();
    private boolean ended;

    private boolean inString;
    private boolean escaped;
    /** Digits of a {@code \\u} escape that are still to come. */
    private int digits;

    private int code;
    private final StringBuilder text = new StringBuilder();
    private boolean unfit;

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

    /** @param found hears of each action with an {@code Authorization}: the URL and the field's value */
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
                unfit = false;
                text.setLength(0);
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
        if (digits > 0) {
            digit(next);
        } else if (escaped) {
            escaped = false;
            if (next == 'u') {
                digits = 4;
                code = 0;
            } else {
                add((char) (next & 0xff), next == '/' || next == '\\' || next == '"');
            }
        } else if (next == '\\') {
            escaped = true;
        } else if (next == '"') {
            inString = false;
            end();
        } else {
            add((char) (next & 0xff), true);
        }
    }

    private void digit(byte next) {
        int value = Character.digit(next & 0xff, 16);
        code = code << 4 | value;
        digits--;
        if (value < 0) {
            ended = true;
        } else if (digits == 0) {
            add((char) code, code < 0x80);
        }
    }

    private void add(char next, boolean isOfField) {
        unfit |= !isOfField || text.length() == LONGEST;
        if (!unfit) {
            text.append(next);
        }
    }

    private void end() {
        Level level = levels.peek();
        if (level == null || !level.isObject) {
            return;
        }
        String member = level.member;
        if (member == null) {
            level.member = unfit ? "" : text.toString();
        } else if (!unfit && member.equals("href")) {
            level.href = text.toString();
        } else if (!unfit && level.name.equals("header") && isAuthorization(member)) {
            level.authorization = text.toString();
        }
    }

    private static boolean isAuthorization(String member) {
        return member.toLowerCase(Locale.ROOT).equals("authorization");
    }
}
