package egress.server.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A program to run through the gate.
 *
 * @param command the program and its arguments, as typed
 * @param learn where to write the routes that what it did would need
 * @param hidden names of variables that it must not have
 */
public record ChildProgram(List<String> command, Optional<Path> learn, Set<String> hidden) {
    public ChildProgram {
        command = List.copyOf(command);
        hidden = Set.copyOf(hidden);
    }

    /** As people call it. */
    public String name() {
        Path file = Path.of(command.getFirst()).getFileName();
        return file == null ? command.getFirst() : file.toString();
    }
}
