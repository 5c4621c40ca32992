package egress.dlp.builtin;

/** Reads a structure as its bytes come, and has what lies next to each other in it scanned as one. */
interface Join {
    void feed(byte[] b, int from, int to);

    void end();

    /** The join for content that begins like that; what is none of the others may still hold quoted strings. */
    static Join of(ScanRun run, View view, byte[] b, int from, int to) {
        int i = from;
        while (i < to && (b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t' || b[i] < 0)) {
            i++;
        }
        if (i < to) {
            if (b[i] == '<') {
                return new MarkupJoin(run, view);
            }
            if (b[i] == '-' && i + 1 < to && b[i + 1] == '-') {
                return new MultipartJoin(run, view);
            }
            if (form(b, i, to)) {
                return new FormJoin(run, view);
            }
        }
        return new JsonJoin(run, view);
    }

    private static boolean form(byte[] b, int from, int to) {
        for (int i = from; i < to && i - from < 256; i++) {
            if (b[i] == '=') {
                return i > from;
            }
            if (b[i] <= ' ' || "\"'{}<>;:/".indexOf(b[i]) >= 0) {
                return false;
            }
        }
        return false;
    }
}
