package egress.testkit;

import com.tngtech.archunit.ArchConfiguration;
import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * The arrows between the packages of a module, as a test declares them and as its class files have them. Every package must be
 * declared, with all that it may depend on; itself and the annotations of {@code org.jspecify} need no arrow.
 */
public final class Architecture {
    private static final String OURS = "egress";
    private static final String ANNOTATIONS = "org.jspecify.annotations";

    private final JavaClasses classes;
    private final Map<String, List<String>> arrows = new LinkedHashMap<>();

    private Architecture(JavaClasses classes) {
        this.classes = classes;
    }

    /** Of the module whose tests run: what is in {@code target/classes}. */
    public static Architecture ofModule() {
        return new Architecture(importer().importPath(Path.of("target", "classes")));
    }

    /** Reads our classes alone: of those of others the names are enough. */
    private static ClassFileImporter importer() {
        ArchConfiguration.get().setResolveMissingDependenciesFromClassPath(false);
        return new ClassFileImporter();
    }

    /**
     * Declares a package.
     *
     * @param mayUse packages of ours by their whole names, those of others by a prefix such as {@code io.netty}
     */
    public Architecture arrow(String from, String... mayUse) {
        arrows.put(from, List.of(mayUse));
        return this;
    }

    /** What disagrees with the arrows, a line each with its first place; empty when all is well. */
    public List<String> faults() {
        Map<String, String> forbidden = new TreeMap<>();
        Set<String> there = new TreeSet<>();
        Map<String, Set<String>> used = new TreeMap<>();
        for (JavaClass each : classes) {
            String from = each.getPackageName();
            there.add(from);
            for (Dependency dependency : each.getDirectDependenciesFromSelf()) {
                String to = element(dependency.getTargetClass()).getPackageName();
                if (!to.isEmpty() && !to.equals(from) && !to.equals(ANNOTATIONS)) {
                    if (isOurs(to)) {
                        used.computeIfAbsent(from, _ -> new TreeSet<>()).add(to);
                    }
                    if (arrows.getOrDefault(from, List.of()).stream().noneMatch(arrow -> leadsTo(arrow, to))) {
                        forbidden.merge(
                                from + " may not use " + to + ": ", dependency.getDescription(), Architecture::first);
                    }
                }
            }
        }
        Set<String> faults = new TreeSet<>();
        forbidden.forEach((what, where) -> faults.add(what + where));
        there.stream().filter(name -> !arrows.containsKey(name)).forEach(name -> faults.add(name + " has no arrows"));
        arrows.keySet().stream()
                .filter(name -> !there.contains(name))
                .forEach(name -> faults.add(name + " is not there"));
        used.keySet().forEach(from -> findCycle(from, from, used, new ArrayList<>(), new HashSet<>(), faults));
        return List.copyOf(faults);
    }

    private static String first(String one, String other) {
        return one.compareTo(other) <= 0 ? one : other;
    }

    private static boolean leadsTo(String arrow, String to) {
        return arrow.equals(to) || (!isOurs(arrow) && to.startsWith(arrow + "."));
    }

    private static boolean isOurs(String name) {
        return name.equals(OURS) || name.startsWith(OURS + ".");
    }

    /** Of an array, what it is made of. */
    private static JavaClass element(JavaClass type) {
        return type.getBaseComponentType();
    }

    private static void findCycle(
            String start,
            String at,
            Map<String, Set<String>> used,
            List<String> way,
            Set<String> seen,
            Collection<String> faults) {
        way.add(at);
        for (String next : used.getOrDefault(at, Set.of())) {
            if (next.equals(start)) {
                faults.add("a cycle: " + String.join(" -> ", way) + " -> " + start);
            } else if (seen.add(next)) {
                findCycle(start, next, used, way, seen, faults);
            }
        }
        way.removeLast();
    }

    /**
     * The public types of some packages that no class of another package uses: they ought to be package-private. Looks at the whole
     * class path of the test, its tests too, so it is asked of a module on which no other depends. What an interface holds is public
     * without a choice, and not looked at.
     */
    public static List<String> needlesslyPublic(Predicate<String> packages) {
        List<String> needless = new ArrayList<>();
        for (JavaClass each : importer().importPackages(OURS)) {
            if (packages.test(each.getPackageName()) && isPublic(each) && !isUsedElsewhere(each)) {
                needless.add(each.getName());
            }
        }
        Collections.sort(needless);
        return needless;
    }

    private static boolean isPublic(JavaClass type) {
        return type.getModifiers().contains(JavaModifier.PUBLIC)
                && type.getEnclosingClass()
                        .map(outer -> !outer.isInterface() && isPublic(outer))
                        .orElse(true);
    }

    private static boolean isUsedElsewhere(JavaClass type) {
        return type.getDirectDependenciesToSelf().stream()
                .anyMatch(use -> !use.getOriginClass().getPackageName().equals(type.getPackageName()));
    }
}
