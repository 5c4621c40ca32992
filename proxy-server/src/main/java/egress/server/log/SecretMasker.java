package egress.server.log;

import com.google.re2j.Pattern;
import egress.dlp.builtin.Masker;
import egress.policy.Route;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Takes secrets out of what is written down: the values that the gate itself holds wherever they occur, the fields that
 * carry credentials, query values whose name says what they are, and what the scanner's catalogue finds.
 */
public final class SecretMasker {
    /** What stands in place of a secret. */
    public static final String MASK = "********";

    /** Shorter ones would turn ordinary text into asterisks. */
    private static final int SHORTEST = 4;

    /** In the authority of a URL (RFC 3986 §3.2.1). */
    private static final Pattern PASSWORD = Pattern.compile("(://[^/?#@:\\s\"]*:)[^/?#@\\s\"]+@");

    private static final int FILTER_BITS = 1 << 14;

    /** Texts remembered as free of secrets, and how long one may be: agents ask for the same with the same fields. */
    private static final int REMEMBERED = 256;

    private static final int LONGEST_REMEMBERED = 512;

    /** Bodies likewise: polls and retries bring the same. */
    private static final int BODIES_REMEMBERED = 64;

    private static final int LONGEST_BODY = 4_096;

    private static final Set<String> SENSITIVE_FIELDS = Set.of(
            "authorization",
            "proxy-authorization",
            "cookie",
            "set-cookie",
            "x-api-key",
            "api-key",
            "x-goog-api-key",
            "x-auth-token",
            "x-amz-security-token",
            "x-csrf-token",
            "x-gitlab-token",
            "private-token",
            "job-token",
            "deploy-token",
            "authentication-info");

    /**
     * The last words of the names of other such fields: {@code X-Vault-Token}, {@code Ocp-Apim-Subscription-Key}, but not {@code …-Tokens}.
     * A list, since as an RE2 pattern it took a twentieth of all that recording an exchange does.
     */
    private static final List<String> SENSITIVE_ENDINGS = Stream.concat(
                    Stream.of("token", "secret", "password", "passwd", "jwt", "credential", "credentials"),
                    Stream.of(
                                    "api",
                                    "access",
                                    "auth",
                                    "subscription",
                                    "function",
                                    "functions",
                                    "secret",
                                    "private",
                                    "master",
                                    "account",
                                    "service")
                            .flatMap(word -> Stream.of(word + "key", word + "-key", word + "_key")))
            .toList();

    private static final List<String> SENSITIVE_NAMES = List.of(
            "token",
            "secret",
            "passw",
            "pwd",
            "key",
            "sig",
            "auth",
            "credential",
            "session",
            "code",
            "jwt",
            "assertion");

    /** As they were given. */
    private final Set<String> values;
    /** The values, and how they stand in URLs. */
    private final List<String> secrets;

    private final Set<String> fields;
    /** Hashes of the secrets' first characters: most text is passed over in one look at each place. */
    private final BitSet beginnings = new BitSet(FILTER_BITS);
    /** The secrets' first characters, of those below 256: a cheaper look before that one. */
    private final boolean[] firsts = new boolean[256];

    private boolean anyFirst;

    /** Compiled once, when first needed: {@link #prepare}, or the first text. */
    private final FutureTask<Masker> catalogue = new FutureTask<>(this::compile);

    private final Function<Collection<byte[]>, Masker> compiler;
    /** By their hashes; never a text in which there was something to mask. */
    private final AtomicReferenceArray<String> clean = new AtomicReferenceArray<>(REMEMBERED);

    private final AtomicReferenceArray<byte[]> cleanBodies = new AtomicReferenceArray<>(BODIES_REMEMBERED);

    private SecretMasker(Set<String> values, Set<String> fields, Function<Collection<byte[]>, Masker> compiler) {
        this.compiler = compiler;
        this.values = Set.copyOf(values);
        this.fields = Set.copyOf(fields);
        Set<String> forms = new LinkedHashSet<>();
        values.forEach(value -> addForms(forms, value));
        this.secrets = forms.stream()
                .filter(secret -> secret.length() >= SHORTEST)
                // Of two that begin alike the longer one is tried first.
                .sorted(Comparator.comparingInt(String::length).reversed())
                .toList();
        this.secrets.forEach(secret -> {
            beginnings.set(hash(secret, 0));
            char first = secret.charAt(0);
            anyFirst |= first >= firsts.length;
            if (first < firsts.length) {
                firsts[first] = true;
            }
        });
    }

    /**
     * Masks the credentials of these routes, and further secrets.
     *
     * @param others such as passwords of the listener's own users
     * @param compiler makes what masks tokens and encoded secrets; called once, possibly by a thread that writes the log
     */
    public static SecretMasker of(
            Collection<Route> routes, Collection<String> others, Function<Collection<byte[]>, Masker> compiler) {
        Set<String> values = new LinkedHashSet<>(others);
        Set<String> fields = new TreeSet<>();
        for (Route route : routes) {
            route.credential().ifPresent(credential -> {
                fields.add(credential.field().toLowerCase(Locale.ROOT));
                values.addAll(credential.secrets());
                if (credential.isAvailable()) { // also where another field has a scheme of its own
                    values.add(credential.value().substring(credential.value().indexOf(' ') + 1));
                }
            });
        }
        return new SecretMasker(values, fields, compiler);
    }

    /** This, and what another masks: for exchanges that began before a reload. */
    SecretMasker and(SecretMasker other) {
        Set<String> both = new LinkedHashSet<>(values);
        both.addAll(other.values);
        Set<String> allFields = new TreeSet<>(fields);
        allFields.addAll(other.fields);
        return new SecretMasker(both, allFields, compiler);
    }

    /** Compiles what finds tokens, unless that was done: not on an event loop. */
    void prepare() {
        catalogue.run();
    }

    private Masker compile() {
        return compiler.apply(values.stream()
                .map(value -> value.getBytes(StandardCharsets.UTF_8))
                .toList());
    }

    private static void addForms(Set<String> secrets, String secret) {
        secrets.add(secret);
        String encoded = URLEncoder.encode(secret, StandardCharsets.UTF_8);
        secrets.add(encoded);
        secrets.add(encoded.replace("+", "%20"));
        secrets.add(lowerCaseEscapes(encoded.replace("+", "%20")));
    }

    private static String lowerCaseEscapes(String encoded) {
        StringBuilder lower = new StringBuilder(encoded);
        for (int i = 0; i < lower.length(); i++) {
            if (lower.charAt(i) == '%') {
                for (int j = i + 1; j < Math.min(i + 3, lower.length()); j++) {
                    lower.setCharAt(j, Character.toLowerCase(lower.charAt(j)));
                }
            }
        }
        return lower.toString();
    }

    /** A field's value as it may be written down. */
    public String field(String name, String value) {
        String lower = name.toLowerCase(Locale.ROOT);
        boolean isSecret = SENSITIVE_FIELDS.contains(lower) || fields.contains(lower) || endsLikeASecret(lower);
        return isSecret ? MASK : text(value);
    }

    private static boolean endsLikeASecret(String name) {
        for (String ending : SENSITIVE_ENDINGS) {
            int at = name.length() - ending.length();
            if (name.endsWith(ending) && (at == 0 || name.charAt(at - 1) == '-' || name.charAt(at - 1) == '_')) {
                return true;
            }
        }
        return false;
    }

    /** Any other text, such as a request target or a reason. */
    public String text(String text) {
        int slot = text.hashCode() & (REMEMBERED - 1);
        if (text.equals(clean.get(slot))) {
            return text;
        }
        String masked = masked(text);
        if (text.length() <= LONGEST_REMEMBERED && masked.equals(text)) {
            clean.set(slot, text);
        }
        return masked;
    }

    private String masked(String text) {
        String known = known(text);
        String queries = known.indexOf('=') < 0 ? known : queryValues(known);
        queries = queries.indexOf('@') < 0 ? queries : passwords(queries);
        return queries.length() < 16 ? queries : tokens(queries);
    }

    /** A body, out of its coding, which is not changed any more; the same array when there is nothing to mask. */
    public byte[] body(byte[] bytes) {
        if (bytes.length < SHORTEST) {
            return bytes;
        }
        int slot = Arrays.hashCode(bytes) & (BODIES_REMEMBERED - 1);
        if (Arrays.equals(bytes, cleanBodies.get(slot))) {
            return bytes;
        }
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        byte[] masked = tokens(bytes, text, known(text));
        if (bytes.length <= LONGEST_BODY && Arrays.equals(masked, bytes)) {
            cleanBodies.set(slot, bytes);
        }
        return masked;
    }

    /** A body of {@code application/x-www-form-urlencoded}: as {@link #body}, and by the names of its pairs. */
    public byte[] form(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        return tokens(bytes, text, queryValues("?" + known(text)).substring(1));
    }

    private byte[] tokens(byte[] bytes, String text, String masked) {
        byte[] known = masked.equals(text) ? bytes : masked.getBytes(StandardCharsets.ISO_8859_1);
        try {
            prepare();
            return catalogue.get().mask(known);
        } catch (ExecutionException e) {
            return MASK.getBytes(StandardCharsets.ISO_8859_1); // not scanned: then not shown
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return MASK.getBytes(StandardCharsets.ISO_8859_1);
        }
    }

    private String tokens(String text) {
        try {
            prepare();
            return catalogue.get().mask(text);
        } catch (ExecutionException e) {
            return MASK; // not scanned: then not shown
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return MASK;
        }
    }

    private String known(String text) {
        if (secrets.isEmpty()) {
            return text;
        }
        StringBuilder masked = null;
        int copied = 0;
        int i = 0;
        while (i + SHORTEST <= text.length()) {
            char c = text.charAt(i);
            boolean may = (c < firsts.length ? firsts[c] : anyFirst) && beginnings.get(hash(text, i));
            int length = may ? lengthOfSecretAt(text, i) : 0;
            if (length == 0) {
                i++;
                continue;
            }
            masked = masked == null ? new StringBuilder(text.length()) : masked;
            masked.append(text, copied, i).append(MASK);
            i += length;
            copied = i;
        }
        return masked == null
                ? text
                : masked.append(text, copied, text.length()).toString();
    }

    private int lengthOfSecretAt(String text, int at) {
        for (String secret : secrets) {
            if (text.startsWith(secret, at)) {
                return secret.length();
            }
        }
        return 0;
    }

    private static int hash(String text, int at) {
        int hash = 0;
        for (int i = at; i < at + SHORTEST; i++) {
            hash = hash * 131 + text.charAt(i);
        }
        return (hash ^ hash >>> 14) & (FILTER_BITS - 1);
    }

    /** Masks the password of {@code https://user:password@host}. */
    private static String passwords(String text) {
        int scheme = text.indexOf("://");
        return scheme < 0 ? text : PASSWORD.matcher(text).replaceAll("$1" + MASK + "@");
    }

    /** Masks the values of {@code ?name=value&name=value}, and of the same in a fragment, whose names say that they are secret. */
    private static String queryValues(String text) {
        int mark = text.indexOf('?');
        int fragment = text.indexOf('#');
        int query = mark < 0 ? fragment : fragment < 0 ? mark : Math.min(mark, fragment);
        if (query < 0) {
            return text;
        }
        StringBuilder masked = new StringBuilder(text.length()).append(text, 0, query);
        int start = query;
        while (start < text.length()) {
            int end = endOfPair(text, start + 1);
            int equals = text.indexOf('=', start + 1);
            if (equals >= 0 && equals + 1 < end && isSensitive(text.substring(start + 1, equals))) {
                masked.append(text, start, equals + 1).append(MASK);
            } else {
                masked.append(text, start, end);
            }
            start = end;
        }
        return masked.toString();
    }

    private static int endOfPair(String text, int from) {
        for (int i = from; i < text.length(); i++) {
            switch (text.charAt(i)) {
                case '&', ';', '#', ' ', '"', '?' -> {
                    return i;
                }
                default -> {}
            }
        }
        return text.length();
    }

    private static boolean isSensitive(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return SENSITIVE_NAMES.stream().anyMatch(lower::contains);
    }

    /** How many values are known, never the values. */
    @Override
    public String toString() {
        return "Masker[" + secrets.size() + " secret(s)]";
    }
}
