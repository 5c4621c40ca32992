package egress.launcher;

import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;

/** Looks for a newer Java where distributions and version managers put theirs, as {@code bin/find-jdk} does. */
final class InstalledJava {
    private static final String[] EVERYWHERE = {
        "/usr/lib/jvm",
        "/usr/lib64/jvm",
        "/usr/java",
        "/usr/local/java",
        "/opt/java",
        "/opt",
        "/Library/Java/JavaVirtualMachines",
        "C:\\Program Files\\Java",
        "C:\\Program Files\\Eclipse Adoptium"
    };
    private static final String[] AT_HOME = {
        ".sdkman/candidates/java",
        ".jdks",
        ".jenv/versions",
        ".asdf/installs/java",
        ".local/share/mise/installs/java",
        ".jabba/jdk",
        "Library/Java/JavaVirtualMachines"
    };

    private InstalledJava() {}

    /** The {@code java} of the first that is new enough; null where there is none. */
    static File find(int needed, Map<String, String> environment) {
        for (File home : homes(environment)) {
            File java = java(home);
            if (java != null && version(home) >= needed) {
                return java;
            }
        }
        return null;
    }

    private static List<File> homes(Map<String, String> environment) {
        List<File> homes = new ArrayList<>();
        String named = environment.get("JAVA_HOME");
        if (named != null && !named.isEmpty()) {
            homes.add(new File(named));
        }
        for (File parent : parents(environment)) {
            File[] inside = parent.listFiles();
            if (inside != null) {
                Arrays.sort(inside);
                for (File home : inside) {
                    homes.add(home);
                    homes.add(new File(home, "Contents/Home"));
                }
            }
        }
        return homes;
    }

    private static List<File> parents(Map<String, String> environment) {
        List<File> parents = new ArrayList<>();
        String others = environment.get("EGRESS_JDK_DIRS");
        if (others != null && !others.isEmpty()) {
            for (String parent : others.split(File.pathSeparator)) {
                parents.add(new File(parent));
            }
            return parents;
        }
        for (String parent : EVERYWHERE) {
            parents.add(new File(parent));
        }
        String home = environment.get("HOME");
        for (String parent : AT_HOME) {
            parents.add(new File(home == null ? System.getProperty("user.home") : home, parent));
        }
        return parents;
    }

    private static File java(File home) {
        for (String name : new String[] {"bin/java", "bin/java.exe"}) {
            File java = new File(home, name);
            if (java.canExecute()) {
                return java;
            }
        }
        return null;
    }

    /** From its {@code release} file; 0 where it has none. */
    private static int version(File home) {
        Properties release = new Properties();
        try (InputStream in = new FileInputStream(new File(home, "release"))) {
            release.load(in);
        } catch (IOException | IllegalArgumentException e) {
            return 0;
        }
        String version = release.getProperty("JAVA_VERSION", "").replace("\"", "");
        String major = (version.startsWith("1.") ? version.substring(2) : version).split("[^0-9]", 2)[0];
        return Launcher.majorVersion(major);
    }
}
