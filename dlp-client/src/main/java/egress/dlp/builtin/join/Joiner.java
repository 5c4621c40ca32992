package egress.dlp.builtin.join;

/** Reads a structure as its bytes come, and has what lies next to each other in it scanned as one. */
interface Joiner {
    void feed(byte[] b, int from, int to);

    void end();
}
