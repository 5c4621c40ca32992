package egress.server.evidence;

import egress.server.evidence.Language.Unsupported;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Looks for short texts that some languages hold and others do not, by walking through all of them at once. */
final class Witnesses {
    /** Joint states; a search that needs more is given up. */
    private static final int MOST_STATES = 20_000;

    /** Characters that read well in an example, the best first. */
    private static final String NICE = "x0-a1_A.~b2zZ9/";

    /** Of the others, those that an example can show. */
    private static final String FOREIGN = "\u00e9\u0436\u4e2d";

    private final List<Language> must;
    private final List<Language> others;
    private final int[] alphabet;

    /** A joint state and the text that leads to it. */
    private record At(List<BitSet> states, String text) {}

    /**
     * @param must hold a text in any case
     * @param others are asked by a condition
     */
    Witnesses(List<Language> must, List<Language> others) {
        this.must = must;
        this.others = others;
        List<CharSet> sets = new ArrayList<>();
        must.forEach(language -> sets.addAll(language.sets()));
        others.forEach(language -> sets.addAll(language.sets()));
        this.alphabet = alphabet(sets);
    }

    /**
     * Hands over texts, one for each joint state in which the condition holds, the shortest first, until one of them will do.
     *
     * @param wanted which of the others hold it
     * @param enough whether the search may end with this one
     * @return the one that did; null where none does
     * @throws Unsupported where there are too many states to say
     */
    @Nullable
    String find(Predicate<boolean[]> wanted, Predicate<String> enough) throws Unsupported {
        Deque<At> pending = new ArrayDeque<>();
        Set<List<BitSet>> known = new HashSet<>();
        List<BitSet> begin = new ArrayList<>();
        for (int i = 0; i < must.size() + others.size(); i++) {
            begin.add(language(i).begin());
        }
        pending.add(new At(begin, ""));
        known.add(begin);
        while (!pending.isEmpty()) {
            At here = pending.poll();
            if (isWanted(here.states(), wanted) && enough.test(here.text())) {
                return here.text();
            }
            for (int character : alphabet) {
                List<BitSet> next = next(here.states(), character);
                if (next != null && known.add(next)) {
                    pending.add(new At(next, here.text() + Character.toString(character)));
                }
            }
            if (known.size() > MOST_STATES) {
                throw new Unsupported("more than " + MOST_STATES + " joint states");
            }
        }
        return null;
    }

    private Language language(int index) {
        return index < must.size() ? must.get(index) : others.get(index - must.size());
    }

    private boolean isWanted(List<BitSet> states, Predicate<boolean[]> wanted) {
        for (int i = 0; i < must.size(); i++) {
            if (!must.get(i).accepts(states.get(i))) {
                return false;
            }
        }
        boolean[] held = new boolean[others.size()];
        for (int i = 0; i < held.length; i++) {
            held[i] = others.get(i).accepts(states.get(must.size() + i));
        }
        return wanted.test(held);
    }

    private @Nullable List<BitSet> next(List<BitSet> states, int character) {
        List<BitSet> next = new ArrayList<>(states.size());
        for (int i = 0; i < states.size(); i++) {
            BitSet after = language(i).after(states.get(i), character);
            next.add(after);
            if (i < must.size() && after.isEmpty()) {
                return null; // no text from here on will do
            }
        }
        return next;
    }

    /** One character of each kind that some set distinguishes. */
    private static int[] alphabet(List<CharSet> sets) {
        TreeSet<Integer> borders = new TreeSet<>(Set.of(0));
        for (CharSet set : sets) {
            for (CharSet.Range range : set.ranges()) {
                borders.add(range.from());
                borders.add(range.to() + 1);
            }
        }
        Set<List<Boolean>> kinds = new HashSet<>();
        List<Integer> characters = new ArrayList<>();
        NICE.chars().forEach(character -> add(character, sets, kinds, characters));
        for (int character = ' ' + 1; character < 0x7f; character++) {
            add(character, sets, kinds, characters);
        }
        FOREIGN.chars().forEach(character -> add(character, sets, kinds, characters));
        for (int border : borders) {
            if (border <= CharSet.LAST && (border < 0xd800 || border > 0xdfff)) {
                add(border, sets, kinds, characters);
            }
        }
        return characters.stream().mapToInt(Integer::intValue).toArray();
    }

    private static void add(int character, List<CharSet> sets, Set<List<Boolean>> kinds, List<Integer> characters) {
        if (kinds.add(sets.stream().map(set -> set.contains(character)).toList())) {
            characters.add(character);
        }
    }
}
