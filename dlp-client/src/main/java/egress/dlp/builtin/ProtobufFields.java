package egress.dlp.builtin;

import egress.dlp.builtin.scan.ScanContext;

/** The fields of a message in protobuf's wire format that hold text, as far as its bytes show; their names are in a schema. */
final class ProtobufFields {
    private static final int DEEPEST = 4;
    private static final int BYTES = 2;

    private final ScanContext run;
    private final byte[] b;
    private int at;

    private ProtobufFields(ScanContext run, byte[] b) {
        this.run = run;
        this.b = b;
    }

    /** Has the fields gathered where all of the message reads as such. */
    static void gather(ScanContext run, byte[] b, int length) {
        if (new ProtobufFields(run, b).message(0, length, 0, false)) {
            new ProtobufFields(run, b).message(0, length, 0, true);
        }
    }

    private boolean message(int from, int to, int depth, boolean gathers) {
        at = from;
        while (at < to) {
            long tag = varint(to);
            int type = (int) tag & 7;
            int field = (int) (tag >>> 3);
            if (tag < 0 || field == 0) {
                return false;
            }
            switch (type) {
                case 0 -> {
                    if (varint(to) < 0) {
                        return false;
                    }
                }
                case 1 -> at += Long.BYTES;
                case BYTES -> {
                    long length = varint(to);
                    if (length < 0 || length > to - at) {
                        return false;
                    }
                    int end = at + (int) length;
                    content(at, end, field, depth, gathers);
                    at = end;
                }
                case 5 -> at += Integer.BYTES;
                default -> {
                    return false;
                }
            }
            if (at > to) {
                return false;
            }
        }
        return true;
    }

    // Text that reads as a message too is both.
    private void content(int from, int to, int field, int depth, boolean gathers) {
        if (!gathers) {
            return;
        }
        run.value(field, -1, b, from, to);
        if (depth < DEEPEST && message(from, to, depth + 1, false)) {
            message(from, to, depth + 1, true);
        }
    }

    private long varint(int to) {
        long value = 0;
        for (int shift = 0; shift < 63 && at < to; shift += 7) {
            byte next = b[at++];
            value |= (long) (next & 0x7f) << shift;
            if (next >= 0) {
                return value;
            }
        }
        return -1;
    }
}
