import java.lang.classfile.ClassFile;
import java.lang.classfile.constantpool.PoolEntry;
import java.lang.classfile.constantpool.Utf8Entry;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * Which classes of a jar can be reached from the rest of it. Of some libraries most is called by nobody here: of these a
 * class stays when a class that stays, or any other file, holds its name in whatever form, be it as a type, within a descriptor, or
 * as text for a look-up by reflection; a text that names a package, or begins a name, holds every class below. The rest of the jar
 * stays whole.
 */
final class Reachable {
    private static final Pattern LARGE = Pattern.compile("(org/bouncycastle|io/micrometer|io/opentelemetry|org/snakeyaml|org/HdrHistogram)/.*");
    private static final Pattern BETWEEN_NAMES = Pattern.compile("[^\\p{javaJavaIdentifierPart}./]+");
    private static final Pattern BEGINNING = Pattern.compile("(?:[a-z][a-z0-9_]*[./]){2,}[\\p{javaJavaIdentifierPart}./]*");
    private static final String CLASS = ".class";

    private final Map<String, byte[]> entries;
    private final NavigableSet<String> classes = new TreeSet<>();
    private final Set<String> reached = new HashSet<>();
    private final Deque<String> open = new ArrayDeque<>();

    /** @param entries the jar's files by their names */
    Reachable(Map<String, byte[]> entries) {
        this.entries = entries;
        for (String name : entries.keySet()) {
            if (name.endsWith(CLASS)) {
                classes.add(name.substring(0, name.length() - CLASS.length()));
            }
        }
    }

    /** Takes the classes that nothing reaches out of the entries. */
    void drop() {
        for (String type : classes) {
            if (!LARGE.matcher(type).matches()) {
                reach(type);
            }
        }
        entries.forEach((name, content) -> {
            if (!name.endsWith(CLASS)) {
                read(new String(content, StandardCharsets.ISO_8859_1));
            }
        });
        while (!open.isEmpty()) {
            for (PoolEntry constant : ClassFile.of().parse(entries.get(open.remove() + CLASS)).constantPool()) {
                if (constant instanceof Utf8Entry text) {
                    read(text.stringValue());
                }
            }
        }
        entries.keySet().removeIf(name ->
                name.endsWith(CLASS) && !reached.contains(name.substring(0, name.length() - CLASS.length())));
    }

    private void reach(String type) {
        if (classes.contains(type) && reached.add(type)) {
            open.add(type);
        }
    }

    private void read(String text) {
        for (String part : List.of(BETWEEN_NAMES.split(text))) {
            String name = part.replace('.', '/');
            reach(name);
            // A descriptor has an L before the name, and where it has several the last one's ; ends in front of the next one's L.
            for (int at = name.indexOf('L'); at >= 0; at = name.indexOf('L', at + 1)) {
                reach(name.substring(at + 1));
            }
            if (BEGINNING.matcher(part).matches()) {
                for (String type : classes.tailSet(name, true)) {
                    if (!type.startsWith(name)) {
                        break;
                    }
                    reach(type);
                }
            }
        }
    }
}
