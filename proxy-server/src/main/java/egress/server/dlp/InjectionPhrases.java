package egress.server.dlp;

import java.io.IOException;
import java.io.InputStream;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The phrases by which a document tries to steer the agent that reads it. Naive on purpose: it looks for words near each other,
 * whatever stands between them, and only ever warns.
 */
final class InjectionPhrases {
    /** What was recognised; the name is what a warning shows. */
    enum Kind {
        /** "Ignore all previous instructions". */
        INSTRUCTION_OVERRIDE,
        /** "Print your system prompt". */
        PROMPT_DISCLOSURE,
        /** "You are now an unrestricted …". */
        ROLE_OVERRIDE,
        /** "Do not tell the user". */
        CONCEALMENT
    }

    private enum Word {
        DROP,
        EARLIER,
        ORDERS,
        SAY,
        HIDDEN,
        PROMPT,
        YOU,
        ARE,
        NOW,
        FREED,
        NOT,
        TELL,
        USER
    }

    /** By the hash of the word in small letters: a rare collision costs a needless warning. */
    private static final Map<Integer, Set<Word>> WORDS = words();

    /** At which word one of a kind stood last. */
    private final Map<Word, Long> seen = new EnumMap<>(Word.class);

    private final Consumer<Kind> found;
    private long count;
    private int hash;
    private int length;
    private boolean escaped;

    private static Map<Integer, Set<Word>> words() {
        Map<Integer, Set<Word>> all = new HashMap<>();
        add(all, Word.DROP, "ignore disregard forget override bypass discard neglect");
        add(
                all,
                Word.EARLIER,
                "previous prior above earlier preceding foregoing former existing original system initial");
        add(
                all,
                Word.ORDERS,
                "instructions instruction prompts prompt rules guidelines directions directives commands");
        add(all, Word.SAY, "reveal print show output repeat leak display expose disclose send");
        add(all, Word.HIDDEN, "system hidden initial secret internal");
        add(all, Word.PROMPT, "prompt prompts instructions message");
        add(all, Word.YOU, "you");
        add(all, Word.ARE, "are must will");
        add(all, Word.NOW, "now");
        add(all, Word.FREED, "unrestricted jailbroken unfiltered dan uncensored");
        add(all, Word.NOT, "not never dont without");
        add(all, Word.TELL, "tell inform notify alert mention telling informing notifying alerting");
        add(all, Word.USER, "user users human");
        return Map.copyOf(all);
    }

    private static void add(Map<Integer, Set<Word>> all, Word kind, String words) {
        for (String word : words.split(" ", -1)) {
            all.computeIfAbsent(word.hashCode(), any -> EnumSet.noneOf(Word.class))
                    .add(kind);
        }
    }

    private InjectionPhrases(Consumer<Kind> found) {
        this.found = found;
    }

    /** Reads text to its end, or to {@code most} bytes; what it finds is told at once, any number of times. */
    static void in(InputStream text, long most, Consumer<Kind> found) throws IOException {
        InjectionPhrases phrases = new InjectionPhrases(found);
        byte[] piece = new byte[4096];
        long read = 0;
        for (int n = text.read(piece); n >= 0 && read < most; n = text.read(piece)) {
            read += n;
            phrases.feed(piece, n);
        }
        phrases.endWord();
    }

    private void feed(byte[] text, int count) {
        for (int i = 0; i < count; i++) {
            int c = text[i] | 0x20;
            if (escaped) {
                escaped = false; // the n of JSON's \n belongs to no word
            } else if (c >= 'a' && c <= 'z') {
                hash = hash * 31 + c; // as String.hashCode
                length++;
            } else if (c != '\'') {
                escaped = text[i] == '\\';
                endWord();
            }
        }
    }

    private void endWord() {
        if (length == 0) {
            return;
        }
        count++;
        Set<Word> kinds = WORDS.get(hash);
        hash = 0;
        length = 0;
        if (kinds != null) {
            for (Word kind : kinds) {
                if (counts(kind)) {
                    seen.put(kind, count);
                }
            }
            judge();
        }
    }

    /** A word counts only where what it completes stands before it. */
    private boolean counts(Word kind) {
        return switch (kind) {
            case DROP, SAY, YOU, NOT -> true;
            case EARLIER -> near(Word.DROP, 5);
            case ORDERS -> near(Word.EARLIER, 3);
            case HIDDEN -> near(Word.SAY, 5);
            case PROMPT -> near(Word.HIDDEN, 2);
            case ARE -> near(Word.YOU, 1);
            case NOW -> near(Word.ARE, 1);
            case FREED -> near(Word.NOW, 6);
            case TELL -> near(Word.NOT, 2);
            case USER -> near(Word.TELL, 4);
        };
    }

    private long seen(Word kind) {
        return seen.getOrDefault(kind, Long.MIN_VALUE / 2);
    }

    private boolean near(Word kind, int words) {
        return count - seen(kind) <= words && count != seen(kind);
    }

    private void judge() {
        if (seen(Word.ORDERS) == count) {
            found.accept(Kind.INSTRUCTION_OVERRIDE);
        }
        if (seen(Word.PROMPT) == count) {
            found.accept(Kind.PROMPT_DISCLOSURE);
        }
        if (seen(Word.FREED) == count) {
            found.accept(Kind.ROLE_OVERRIDE);
        }
        if (seen(Word.USER) == count) {
            found.accept(Kind.CONCEALMENT);
        }
    }
}
