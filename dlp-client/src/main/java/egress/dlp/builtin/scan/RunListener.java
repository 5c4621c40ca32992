package egress.dlp.builtin.scan;

/** Hears of the runs of letters, digits and {@code + / - _} in a segment that hold a digit. */
@FunctionalInterface
public interface RunListener {
    void run(int start, int end);
}
