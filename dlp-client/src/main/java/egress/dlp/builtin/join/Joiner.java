package egress.dlp.builtin.join;

/** Reads a structured format incrementally, joins neighbouring values and has them scanned. */
public interface Joiner {
    void feed(byte[] b, int from, int to);

    /**
     * Scans what has come, what is under way included; more may follow.
     *
     * @param ends whether what is under way ends here, with its message
     */
    void flush(boolean ends);

    void end();
}
