package egress.launcher;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.util.Map;
import java.util.jar.Manifest;

/**
 * The jar's entry: any Java since 8 can load this package's classes, so that an older Java gets a sentence instead of an
 * UnsupportedClassVersionError.
 */
public final class Launcher {
    private static final int NEEDED = 25;
    /** What to start, where the jar's manifest names nothing else: an attribute of ours. */
    private static final String PROGRAM = "egress.server.Main";

    private static final String ATTRIBUTE = "Launched-Class";

    private Launcher() {}

    /** Runs the program, or says which Java it needs and exits with 1. */
    public static void main(String[] arguments) throws Throwable {
        String refusal = refusal(
                System.getProperty("java.specification.version", "0"),
                System.getProperty("java.version"),
                System.getProperty("java.home"),
                System.getenv());
        if (refusal != null) {
            System.err.println(refusal);
            System.exit(1);
        }
        try {
            Class.forName(program()).getMethod("main", String[].class).invoke(null, (Object) arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    private static String program() throws IOException {
        try (InputStream in = Launcher.class.getResourceAsStream("/META-INF/MANIFEST.MF")) {
            String named =
                    in == null ? null : new Manifest(in).getMainAttributes().getValue(ATTRIBUTE);
            return named == null ? PROGRAM : named;
        }
    }

    /** The sentence for a Java that is too old, with the way to one that is not; null for one that will do. */
    static String refusal(String specification, String version, String home, Map<String, String> environment) {
        if (majorVersion(specification) >= NEEDED) {
            return null;
        }
        File newer = InstalledJava.find(NEEDED, environment);
        return "egress: needs Java " + NEEDED + " or newer, and this is Java " + version + " (" + home + "): "
                + (newer == null
                        ? "install one (a package such as openjdk-" + NEEDED + "-jre-headless or temurin-" + NEEDED
                                + "-jre)"
                        : "run it with " + newer);
    }

    /** {@code 1.8} is 8, {@code 25} is 25; what is no number is 0. */
    static int majorVersion(String specification) {
        String version = specification.startsWith("1.") ? specification.substring(2) : specification;
        try {
            return Integer.parseInt(version);
        } catch (NumberFormatException e) {
            return 0;
        }
    }
}
