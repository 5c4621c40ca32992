package egress.dlp.builtin;

import egress.dlp.Detector;
import egress.dlp.Finding;
import egress.dlp.Finding.Severity;
import egress.dlp.Place;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Phrases in a response that try to steer the agent. Naive by its name: it warns, and never delays or changes a byte. What went before
 * stays in a window, so that a phrase over a border is seen. One thread at a time; memory is bounded by the window.
 */
public final class InjectionDetector {
    private static final int WINDOW = 8192;
    private static final int CARRY = 256;
    private static final int MOST = 8;

    /** What a phrase is called, and its words in their order: small letters, several that serve alike in each place. */
    private record Phrase(String name, List<List<String>> words) {
        static Phrase of(String name, String... places) {
            List<List<String>> words = new ArrayList<>();
            for (String place : places) {
                words.add(List.of(place.split("\\|", -1)));
            }
            return new Phrase(name, List.copyOf(words));
        }
    }

    private static final List<Phrase> PHRASES = List.of(
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

    private static final List<String> MARKERS = List.of(
            "<|im_start|>", "<|system|>", "[inst]", "<<sys>>", "### system:", "[system]:", "begin system prompt");
    private static final int BETWEEN = 3;

    private final Fingerprints fingerprints;
    private final StringBuilder window = new StringBuilder();
    private final List<String> seen = new ArrayList<>();

    /** @param fingerprintKey as the scanner's */
    public InjectionDetector(byte[] fingerprintKey) {
        this.fingerprints = new Fingerprints(fingerprintKey);
    }

    /** Takes the next bytes of a response; returns what is new. */
    public List<Finding> feed(byte[] bytes, int offset, int length) {
        List<Finding> out = new ArrayList<>();
        int at = offset;
        while (at < offset + length && seen.size() < MOST) {
            int n = Math.min(WINDOW, offset + length - at);
            window.append(new String(bytes, at, n, StandardCharsets.ISO_8859_1).toLowerCase(Locale.ROOT));
            look(out);
            window.delete(0, Math.max(0, window.length() - CARRY));
            at += n;
        }
        return out;
    }

    private void look(List<Finding> out) {
        String text = window.toString();
        for (String marker : MARKERS) {
            if (text.contains(marker)) {
                found("chat_marker", out);
            }
        }
        List<String> words = words(text);
        for (Phrase phrase : PHRASES) {
            for (int i = 0; i < words.size(); i++) {
                if (phrase.words.getFirst().contains(words.get(i)) && stands(phrase, words, i)) {
                    found(phrase.name(), out);
                    break;
                }
            }
        }
    }

    private void found(String name, List<Finding> out) {
        if (!seen.contains(name)) {
            seen.add(name);
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

    // The words in their order, with at most a few others between two of them.
    private static boolean stands(Phrase phrase, List<String> words, int from) {
        int at = from + 1;
        for (List<String> next : phrase.words.subList(1, phrase.words.size())) {
            int end = Math.min(words.size(), at + BETWEEN);
            while (at < end && !next.contains(words.get(at))) {
                at++;
            }
            if (at >= end) {
                return false;
            }
            at++;
        }
        return true;
    }

    private static List<String> words(String text) {
        List<String> out = new ArrayList<>();
        int i = 0;
        while (i < text.length()) {
            int start = i;
            while (i < text.length() && (Character.isLetter(text.charAt(i)) || text.charAt(i) == '\'')) {
                i++;
            }
            if (i > start) {
                out.add(text.substring(start, i));
            } else {
                // An escaped line break parts words as a real one does.
                i += text.startsWith("\\n", i) || text.startsWith("\\t", i) ? 2 : 1;
            }
        }
        return out;
    }
}
