package egress.dlp.builtin.decode;

import egress.dlp.builtin.scan.ScanWindow;

/** Decodes one packing incrementally. */
interface Unpacker {
    /** Decodes all of the bytes; false at the end of the data or when it is malformed. */
    boolean feed(byte[] b, int from, int to, ScanWindow out);

    /** Releases buffers. */
    void end();
}
