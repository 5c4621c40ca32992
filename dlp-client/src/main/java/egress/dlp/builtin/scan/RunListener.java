package egress.dlp.builtin.scan;

/** Receives what the pass over all bytes of a segment finds out, so that they need not be read again. */
public interface RunListener {

    /**
     * Up to 64 bytes from {@code at} on, a bit for each: letters, digits and {@code + - / _}; digits; capitals. The rest of a run that
     * is longer than that is left out.
     */
    void block(int at, long words, long digits, long capitals);

    /** A run of letters, digits and {@code + - / _} at least so long as an address is. */
    void run(int start, int end);

    /** The shortest run to report. */
    int LEAST = 26;
}
