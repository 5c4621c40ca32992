package egress.server.routes;

import egress.policy.HostPattern;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.IDN;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The Public Suffix List: below which names others than one owner can have a name. Of its two parts, one has the suffixes of registries, where
 * names are sold, and one those of companies that let their customers open names. The list comes with a library, as a file.
 */
final class PublicSuffixes {
    private static final String FILE = "/org/publicsuffix/list/effective_tld_names.dat";

    /** Fewer rules are not the whole list. */
    private static final int FEWEST = 5_000;

    /** Top-level names that cannot be registered: for documents and tests (RFC 6761 §6), and for what is inside a network. */
    private static final Set<String> RESERVED = Set.of("example", "test", "internal");

    private final List<Rule> rules;

    /** Who can have a name that a pattern holds for. */
    enum Names {
        /** Whoever owns the name behind the star. */
        OF_ONE_OWNER,
        /** Anybody, by opening an account with the suffix' owner. */
        OF_ANYBODY,
        /** Anybody, by registering it. */
        OF_A_REGISTRY
    }

    /**
     * A line of the list.
     *
     * @param name without the star or the exclamation mark
     * @param each whether each name with one label more is a suffix, and not this one
     * @param exception whether it is none, though a rule with a star says so
     */
    private record Rule(String name, boolean each, boolean exception, boolean registry) {}

    private PublicSuffixes(List<Rule> rules) {
        this.rules = rules;
    }

    /** @throws IOException where the list is not to be had whole */
    static PublicSuffixes load() throws IOException {
        try (InputStream in = PublicSuffixes.class.getResourceAsStream(FILE)) {
            if (in == null) {
                throw new IOException("it is not in this program");
            }
            return read(new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8)));
        }
    }

    private static PublicSuffixes read(BufferedReader lines) throws IOException {
        List<Rule> rules = new ArrayList<>(12_000);
        boolean registry = true;
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            if (line.contains("===BEGIN PRIVATE DOMAINS===")) {
                registry = false;
            } else if (line.contains("===BEGIN ICANN DOMAINS===")) {
                registry = true;
            }
            String text = line.strip();
            if (!text.isEmpty() && !text.startsWith("//")) {
                rules.add(rule(text.split("\\s", 2)[0], registry));
            }
        }
        if (rules.size() < FEWEST) {
            throw new IOException("it is cut short");
        }
        return new PublicSuffixes(List.copyOf(rules));
    }

    private static Rule rule(String text, boolean registry) throws IOException {
        boolean exception = text.startsWith("!");
        boolean each = text.startsWith("*.");
        String name = text.substring(exception ? 1 : each ? 2 : 0);
        try {
            return new Rule(
                    name.chars().allMatch(c -> c < 0x80) ? name : IDN.toASCII(name, IDN.ALLOW_UNASSIGNED),
                    each,
                    exception,
                    registry);
        } catch (IllegalArgumentException e) {
            throw new IOException("it has a line that is no name", e);
        }
    }

    /** Whose the names of a pattern are, at the worst. */
    Names under(HostPattern pattern) {
        String suffix = pattern.suffix();
        if (suffix.indexOf('.') < 0) { // also one that is younger than the list
            return RESERVED.contains(suffix) ? Names.OF_ONE_OWNER : Names.OF_A_REGISTRY;
        }
        Names worst = Names.OF_ONE_OWNER;
        boolean isException =
                rules.stream().anyMatch(rule -> rule.exception() && rule.name().equals(suffix));
        for (Rule rule : rules) {
            if (!rule.exception() && (isSuffix(rule, suffix) && !isException || isBelow(rule, pattern))) {
                if (rule.registry()) {
                    return Names.OF_A_REGISTRY;
                }
                worst = Names.OF_ANYBODY;
            }
        }
        return worst;
    }

    /** Whether the name is a suffix by this rule, so that all names with one label more have different owners. */
    private static boolean isSuffix(Rule rule, String name) {
        return rule.each()
                ? rule.name().equals(behindFirstLabel(name))
                : rule.name().equals(name);
    }

    /** Whether the pattern holds for a suffix of this rule, or for names below one. */
    private static boolean isBelow(Rule rule, HostPattern pattern) {
        return rule.each()
                ? rule.name().equals(pattern.suffix()) || pattern.anyDepth() && pattern.matches(rule.name())
                : pattern.matches(rule.name());
    }

    private static @Nullable String behindFirstLabel(String name) {
        int dot = name.indexOf('.');
        return dot < 0 ? null : name.substring(dot + 1);
    }
}
