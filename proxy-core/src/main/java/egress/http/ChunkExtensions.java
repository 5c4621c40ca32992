package egress.http;

import io.netty.buffer.ByteBuf;

/** The grammar of chunk extensions (RFC 9112 §7.1.1), to be dropped only where they are what they claim to be. */
final class ChunkExtensions {
    private final ByteBuf in;
    private final int end;
    private int at;

    private ChunkExtensions(ByteBuf in, int from, int end) {
        this.in = in;
        this.at = from;
        this.end = end;
    }

    /** Whether the octets from {@code from} to {@code end} are any number of extensions. */
    static boolean areWellFormed(ByteBuf in, int from, int end) {
        return new ChunkExtensions(in, from, end).all();
    }

    private boolean all() {
        while (at < end) {
            skipSpace();
            if (at == end) {
                return true; // trailing white space, which senders do send
            }
            if (in.getByte(at++) != ';') {
                return false;
            }
            skipSpace();
            if (!token()) {
                return false;
            }
            int afterName = at;
            skipSpace();
            if (at < end && in.getByte(at) == '=') {
                at++;
                skipSpace();
                if (!(at < end && in.getByte(at) == '"' ? quoted() : token())) {
                    return false;
                }
            } else {
                at = afterName;
            }
        }
        return true;
    }

    private void skipSpace() {
        while (at < end && (in.getByte(at) == ' ' || in.getByte(at) == '\t')) {
            at++;
        }
    }

    private boolean token() {
        int from = at;
        while (at < end && Octets.isToken(in.getUnsignedByte(at))) {
            at++;
        }
        return at > from;
    }

    private boolean quoted() {
        at++;
        while (at < end) {
            int octet = in.getUnsignedByte(at++);
            if (octet == '"') {
                return true;
            }
            if (octet == '\\' && at < end) {
                octet = in.getUnsignedByte(at++);
            }
            if (!Octets.isFieldValue(octet)) {
                return false;
            }
        }
        return false;
    }
}
