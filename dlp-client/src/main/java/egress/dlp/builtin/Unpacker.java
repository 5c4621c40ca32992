package egress.dlp.builtin;

/** Takes data out of one packing as it comes. */
interface Unpacker {
    /** Takes all of the bytes; false when nothing more can come of it, since it is at its end or no such data. */
    boolean feed(byte[] b, int from, int to, Window out);

    /** Gives back what it holds. */
    void end();
}
