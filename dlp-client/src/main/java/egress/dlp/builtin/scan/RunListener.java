package egress.dlp.builtin.scan;

/** Hears what the pass over all bytes of a segment knows of them, so that nobody has to read them again. */
public interface RunListener {

    /**
     * Up to 64 bytes from {@code at} on, a bit for each: letters, digits and {@code + - / _}; digits; capitals. The rest of a run that
     * is longer than that is left out.
     */
    void block(int at, long words, long digits, long capitals);

    /** A run of letters, digits and {@code + - / _} with a digit, at least so long as a key is. */
    void run(int start, int end);

    /** The shortest run to hear of. */
    int LEAST = 50;
}
