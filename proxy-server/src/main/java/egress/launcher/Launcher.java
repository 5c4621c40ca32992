package egress.launcher;

import java.lang.reflect.InvocationTargetException;

/**
 * The jar's entry: any Java since 8 can load this one class, so that an older Java gets a sentence instead of an
 * UnsupportedClassVersionError.
 */
public final class Launcher {
    private static final int NEEDED = 25;

    private Launcher() {}

    /** Runs the program, or says which Java it needs and exits with 1. */
    public static void main(String[] arguments) throws Throwable {
        String refusal = refusal(
                System.getProperty("java.specification.version", "0"),
                System.getProperty("java.version"),
                System.getProperty("java.home"));
        if (refusal != null) {
            System.err.println(refusal);
            System.exit(1);
        }
        try {
            Class.forName("egress.server.Main")
                    .getMethod("main", String[].class)
                    .invoke(null, (Object) arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    /** The sentence for a Java that is too old; null for one that will do. */
    static String refusal(String specification, String version, String home) {
        return majorVersion(specification) >= NEEDED
                ? null
                : "egress: needs Java " + NEEDED + " or newer, and this is Java " + version + " (" + home
                        + "): use ./egress-proxy, which finds a newer one, or set JAVA_HOME.";
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
