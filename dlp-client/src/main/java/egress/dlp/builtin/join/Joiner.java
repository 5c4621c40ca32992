package egress.dlp.builtin.join;

/** Reads a structured format incrementally, joins neighbouring values and has them scanned. */
interface Joiner {
    void feed(byte[] b, int from, int to);

    void end();
}
