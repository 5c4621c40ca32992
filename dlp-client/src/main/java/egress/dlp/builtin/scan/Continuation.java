package egress.dlp.builtin.scan;

/** A decoder whose input continues behind a window's end, and which is fed as the window moves on. */
public interface Continuation {
    /** What lies before {@code position} of the window's surface has been taken already. */
    void takenTo(long position);

    /** Takes what is new of a buffer that begins at {@code base}; false when the decoder is done. */
    boolean feedTo(long base, byte[] b, int to);

    /** Scans what has come so far; more may follow. */
    void flush();

    /** Nothing follows. */
    void end();

    /** Whether it decodes that packing in step with {@code digits} digits that are still to come, {@code step} being one unit's. */
    boolean isInStep(Packing packing, int digits, int step);
}
