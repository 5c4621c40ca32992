package egress.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** How a measured JVM is started: as the launcher starts the gate. */
final class GateJvm {
    private static final List<String> OPTIONS = List.of(
            "-XX:+UseSerialGC",
            "-Xms16m",
            "-Xmx256m",
            "-XX:+UseCompactObjectHeaders",
            "-XX:FreqInlineSize=150",
            "-XX:InlineSmallCode=1200",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow");

    private GateJvm() {}

    /** The words that start a class of the class path in force; its arguments follow. */
    static List<String> command(String mainClass) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(OPTIONS);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), mainClass));
        return command;
    }
}
