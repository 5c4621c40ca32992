package egress.policy;

/** What stands around the data of a gzip member (RFC 1952 §2.3), octet by octet: its header, and the eight octets behind it. */
final class GzipFrame {
    private static final int FIXED = 10;
    private static final int TRAILER = 8;
    private static final int HEADER_CHECKSUM = 2;
    private static final int EXTRA = 4;
    private static final int NAME = 8;
    private static final int COMMENT = 16;
    private static final int RESERVED = 0xe0;

    private enum Part {
        FIXED_HEADER,
        EXTRA_LENGTH,
        EXTRA_FIELD,
        NAME_TEXT,
        COMMENT_TEXT,
        CHECKSUM,
        DATA,
        TRAILER_OCTETS
    }

    private Part part = Part.FIXED_HEADER;
    private int taken;
    private int flags;
    private int extra;

    boolean isInData() {
        return part == Part.DATA;
    }

    /** The compressed data is over. */
    void dataEnds() {
        enter(Part.TRAILER_OCTETS);
    }

    /** @return whether an octet is what may stand there */
    boolean take(byte octet) {
        int value = octet & 0xff;
        int at = taken++;
        switch (part) {
            case FIXED_HEADER -> {
                return fixed(at, value);
            }
            case EXTRA_LENGTH -> {
                extra |= value << 8 * at;
                if (taken == 2) {
                    enter(extra == 0 ? afterExtra() : Part.EXTRA_FIELD);
                }
            }
            case EXTRA_FIELD -> {
                if (taken == extra) {
                    enter(afterExtra());
                }
            }
            case NAME_TEXT -> {
                if (value == 0) {
                    enter(afterName());
                }
            }
            case COMMENT_TEXT -> {
                if (value == 0) {
                    enter(afterComment());
                }
            }
            case CHECKSUM -> {
                if (taken == 2) {
                    enter(Part.DATA);
                }
            }
            case TRAILER_OCTETS -> {
                if (taken == TRAILER) {
                    enter(Part.FIXED_HEADER);
                }
            }
            case DATA -> throw new IllegalStateException("data is for the inflater");
        }
        return true;
    }

    private boolean fixed(int at, int value) {
        boolean right = switch (at) {
            case 0 -> value == 0x1f;
            case 1 -> value == 0x8b;
            case 2 -> value == 8;
            case 3 -> (value & RESERVED) == 0;
            default -> true;
        };
        flags = at == 3 ? value : flags;
        if (taken == FIXED) {
            extra = 0;
            enter((flags & EXTRA) != 0 ? Part.EXTRA_LENGTH : afterExtra());
        }
        return right;
    }

    private Part afterExtra() {
        return (flags & NAME) != 0 ? Part.NAME_TEXT : afterName();
    }

    private Part afterName() {
        return (flags & COMMENT) != 0 ? Part.COMMENT_TEXT : afterComment();
    }

    private Part afterComment() {
        return (flags & HEADER_CHECKSUM) != 0 ? Part.CHECKSUM : Part.DATA;
    }

    private void enter(Part next) {
        part = next;
        taken = 0;
    }
}
