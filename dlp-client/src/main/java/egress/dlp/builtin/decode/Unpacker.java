package egress.dlp.builtin.decode;

import egress.dlp.builtin.scan.ScanWindow;

/** Takes data out of one packing as it comes. */
interface Unpacker {
    /** Takes all of the bytes; false when nothing more can come of it, since it is at its end or no such data. */
    boolean feed(byte[] b, int from, int to, ScanWindow out);

    /** Gives back what it holds. */
    void end();
}
