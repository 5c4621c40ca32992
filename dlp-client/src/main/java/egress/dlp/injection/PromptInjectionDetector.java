package egress.dlp.injection;

import egress.dlp.Detector;
import egress.dlp.Finding;
import egress.dlp.Finding.Severity;
import egress.dlp.Place;
import egress.dlp.builtin.scan.Fingerprints;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Phrases in a response that try to steer the agent. Naive by its name: it warns, and never delays or changes a byte. It goes over the
 * text once and keeps nothing of it but how far each phrase has come, so that a border between two pieces is none. One thread at a time.
 */
public final class PromptInjectionDetector {
    /** How many words on the next one of a phrase may stand. */
    static final long NEXT = 3;

    private static final long LONG_AGO = Long.MIN_VALUE / 2;

    /** What a phrase is called, and its words in their order: small letters, several that serve alike in each place. */
    record Phrase(String name, List<List<String>> words) {
        static Phrase of(String name, String... places) {
            List<List<String>> words = new ArrayList<>();
            for (String place : places) {
                words.add(List.of(place.split("\\|", -1)));
            }
            return new Phrase(name, List.copyOf(words));
        }
    }

    static final List<Phrase> PHRASES = List.of(
            Phrase.of(
                    "ignore_instructions",
                    "ignore|disregard|forget|override|bypass",
                    "previous|prior|above|earlier|preceding|all|any|your|existing",
                    "instructions|instruction|prompts|prompt|rules|directions|guidelines|context|directives"),
            Phrase.of(
                    "new_instructions",
                    "new|updated|real|actual",
                    "system|developer|admin",
                    "instructions|prompt|message|directive"),
            Phrase.of(
                    "reveal_prompt",
                    "reveal|print|repeat|output|show|leak",
                    "system|hidden|initial|developer",
                    "prompt|instructions|message"),
            Phrase.of("new_role", "you", "are", "now", "a|an|in|dan|free|unrestricted|developer|no"),
            Phrase.of(
                    "hide_from_user",
                    "do|don't|never",
                    "not|tell|inform|mention",
                    "tell|inform|mention|the",
                    "user|the|this|human"),
            Phrase.of(
                    "send_secrets",
                    "send|post|upload|exfiltrate|email|forward",
                    "all|the|your|any",
                    "credentials|secrets|keys|tokens|passwords|environment|api"));

    static final List<String> MARKERS = List.of(
            "<|im_start|>", "<|system|>", "[inst]", "<<sys>>", "### system:", "[system]:", "begin system prompt");

    /** Letters as small ones, the apostrophe as itself, everything else 0. */
    private static final byte[] WORD_CHARACTERS = wordCharacters();

    /** The same, and -1 for what may begin a marker or an escape. */
    private static final byte[] CLASSES = classes();

    private static final List<int[]> FALLBACKS =
            MARKERS.stream().map(PromptInjectionDetector::fallbacks).toList();
    /** Where each word serves, by its {@linkplain #next hash}: a rare collision costs a needless warning. */
    private static final Map<Integer, List<Use>> USES = uses();

    /** The words of phrases by the last bits of their hashes: nearly every other word is passed over by one look. */
    private static final byte[] SERVES = serves();

    /** A word of a phrase, and at which place. */
    private record Use(int phrase, int place) {}

    private final Fingerprints fingerprints;
    private final Set<String> seen = new HashSet<>();
    /** For each place of each phrase, at which word of the text it stood last, all before it standing too. */
    private final long[][] stood = new long[PHRASES.size()][];

    private final int[] progress = new int[MARKERS.size()];
    private boolean inMarker;
    private long words;
    private int hash;
    /** 1 in a word. */
    private int length;

    private boolean escaped;

    /** @param fingerprintKey as the scanner's */
    public PromptInjectionDetector(byte[] fingerprintKey) {
        this.fingerprints = new Fingerprints(fingerprintKey);
        for (int i = 0; i < stood.length; i++) {
            stood[i] = new long[PHRASES.get(i).words().size()];
            Arrays.fill(stood[i], LONG_AGO);
        }
    }

    private static byte[] wordCharacters() {
        byte[] out = new byte[256];
        for (int c = 'a'; c <= 'z'; c++) {
            out[c] = (byte) c;
            out[c - 32] = (byte) c;
        }
        out['\''] = '\'';
        return out;
    }

    private static byte[] classes() {
        byte[] out = wordCharacters();
        MARKERS.forEach(marker -> {
            out[marker.charAt(0)] = -1;
            out[Character.toUpperCase(marker.charAt(0))] = -1;
        });
        out['\\'] = -1;
        return out;
    }

    /** Knuth, Morris and Pratt: how much of the marker still stands when its next character does not. */
    private static int[] fallbacks(String marker) {
        int[] out = new int[marker.length()];
        for (int i = 1, k = 0; i < marker.length(); i++) {
            while (k > 0 && marker.charAt(i) != marker.charAt(k)) {
                k = out[k - 1];
            }
            k += marker.charAt(i) == marker.charAt(k) ? 1 : 0;
            out[i] = k;
        }
        return out;
    }

    private static Map<Integer, List<Use>> uses() {
        Map<Integer, List<Use>> out = new HashMap<>();
        for (int phrase = 0; phrase < PHRASES.size(); phrase++) {
            List<List<String>> places = PHRASES.get(phrase).words();
            for (int place = places.size() - 1; place >= 0; place--) { // the last first: a word serves once at a time
                for (String word : places.get(place)) {
                    out.computeIfAbsent(hash(word), any -> new ArrayList<>()).add(new Use(phrase, place));
                }
            }
        }
        return Map.copyOf(out);
    }

    /** The hash of a word that continues: two steps of the processor a byte, where a product takes four. */
    private static int next(int hash, int letter) {
        return Integer.rotateLeft(hash, 5) ^ letter;
    }

    private static int hash(String word) {
        return word.chars().reduce(0, PromptInjectionDetector::next);
    }

    private static byte[] serves() {
        byte[] out = new byte[1 << 12];
        USES.keySet().forEach(word -> out[word & out.length - 1] = -1);
        return out;
    }

    /** Takes the next bytes of a response; returns what is new. */
    public List<Finding> feed(byte[] bytes, int offset, int length) {
        List<Finding> out = new ArrayList<>(0);
        int end = offset + length;
        int at = offset;
        while (at < end) {
            if (inMarker || escaped || CLASSES[bytes[at] & 0xff] < 0) {
                special(bytes[at++] & 0xff, out);
            } else {
                at = words(bytes, at, end, out);
            }
        }
        return out;
    }

    /** The text is over, and so is its last word. */
    public List<Finding> end() {
        List<Finding> out = new ArrayList<>(0);
        if (length > 0) {
            look(words + 1, hash, out);
        }
        return out;
    }

    /**
     * Goes on up to the first byte that is more than a letter or what parts words. Where words end cannot be foretold: so that no
     * branch depends on it, a mask says what is a letter.
     */
    private int words(byte[] bytes, int from, int end, List<Finding> out) {
        int at = from;
        int word = hash;
        int letters = length == 0 ? 0 : -1;
        long count = words;
        for (; at < end; at++) {
            int c = CLASSES[bytes[at] & 0xff];
            if (c < 0) {
                break;
            }
            int letter = -c >> 31;
            count += letters & ~letter & 1;
            if ((SERVES[word & SERVES.length - 1] & letters & ~letter) != 0) {
                look(count, word, out);
            }
            word = next(word, c) & letter;
            letters = letter;
        }
        words = count;
        hash = word;
        length = letters & 1;
        return at;
    }

    /** A byte that may be of a marker or of an escape, or follows such a one. */
    private void special(int b, List<Finding> out) {
        if (inMarker || CLASSES[b] < 0 && b != '\\') {
            marker((char) (b >= 'A' && b <= 'Z' ? b + 32 : b), out);
        }
        int c = WORD_CHARACTERS[b];
        if (escaped && (c == 'n' || c == 't' || c == 'r')) {
            escaped = false; // an escaped line break parts words as a real one does
            return;
        }
        escaped = b == '\\';
        if (c != 0) {
            hash = next(hash, c);
            length = 1;
        } else if (length > 0) {
            words++;
            look(words, hash, out);
            hash = 0;
            length = 0;
        }
    }

    /** A word that is whole stands at this place of the text. */
    private void look(long at, int word, List<Finding> out) {
        List<Use> uses = SERVES[word & SERVES.length - 1] != 0 ? USES.get(word) : null;
        if (uses == null) {
            return;
        }
        for (Use use : uses) {
            long[] places = stood[use.phrase()];
            if (use.place() > 0 && at - places[use.place() - 1] > NEXT) {
                continue;
            }
            places[use.place()] = at;
            if (use.place() == places.length - 1) {
                found(PHRASES.get(use.phrase()).name(), out);
            }
        }
    }

    private void marker(char c, List<Finding> out) {
        inMarker = false;
        for (int i = 0; i < progress.length; i++) {
            String marker = MARKERS.get(i);
            int k = progress[i];
            while (k > 0 && marker.charAt(k) != c) {
                k = FALLBACKS.get(i)[k - 1];
            }
            k += marker.charAt(k) == c ? 1 : 0;
            if (k == marker.length()) {
                found("chat_marker", out);
                k = 0;
            }
            progress[i] = k;
            inMarker |= k > 0;
        }
    }

    private void found(String name, List<Finding> out) {
        if (seen.add(name)) {
            String fingerprint = fingerprints.of(name.getBytes(StandardCharsets.ISO_8859_1));
            out.add(new Finding(
                    name,
                    Detector.NAIVE_INJECTION_DETECTION,
                    new Place.Response(),
                    fingerprint,
                    Severity.WARNS,
                    Optional.empty(),
                    Optional.empty()));
        }
    }
}
