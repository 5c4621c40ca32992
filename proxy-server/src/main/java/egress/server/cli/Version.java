package egress.server.cli;

import picocli.CommandLine.IVersionProvider;

/** What is running: the version is in the jar's manifest. */
public final class Version implements IVersionProvider {
    public static String number() {
        String version = Version.class.getPackage().getImplementationVersion();
        return version == null ? "unpackaged" : version;
    }

    @Override
    public String[] getVersion() {
        return new String[] {
            "egress-proxy " + number() + " (Java " + Runtime.version() + ", " + System.getProperty("os.name") + " "
                    + System.getProperty("os.arch") + ")"
        };
    }
}
