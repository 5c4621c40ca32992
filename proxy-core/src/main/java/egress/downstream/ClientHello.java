package egress.downstream;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The ClientHello (RFC 8446 §4.1.2), which comes before anything is encrypted: read without being consumed, over any number of
 * segments and records.
 *
 * @param sni the host name as sent (RFC 6066 §3); null when the extension is absent
 * @param alpn the protocols offered, in order (RFC 7301)
 */
record ClientHello(@Nullable String sni, List<String> alpn) {
    private static final int HANDSHAKE_RECORD = 22;
    private static final int CLIENT_HELLO = 1;
    private static final int SERVER_NAME = 0;
    private static final int ALPN = 16;
    private static final int RECORD_HEADER = 5;
    private static final int MAX_RECORD = 16_384;
    /** Browsers offer two, the registry of them has about thirty. */
    private static final int MAX_PROTOCOLS = 100;

    /** What the bytes are that are no acceptable ClientHello; a sentence for the log. */
    static final class Malformed extends Exception {
        private static final long serialVersionUID = 1L;

        Malformed(String words) {
            super(words);
        }

        @Override
        public Throwable fillInStackTrace() {
            return this; // thrown on the way of hostile bytes
        }
    }

    /**
     * Reads a ClientHello from the bytes so far, leaving the reader index alone.
     *
     * @param maxBytes bound on the whole handshake message
     * @return empty while more bytes are needed
     * @throws Malformed when no further bytes could make one of it
     */
    static Optional<ClientHello> peek(ByteBuf in, int maxBytes) throws Malformed {
        byte[] message = new byte[Math.min(in.readableBytes(), maxBytes + 4)];
        int length = 0;
        int at = in.readerIndex();
        while (true) {
            int available = in.writerIndex() - at;
            if (available > 0 && in.getUnsignedByte(at) != HANDSHAKE_RECORD) {
                throw new Malformed("the first bytes are no TLS handshake");
            }
            if (available > 1 && in.getUnsignedByte(at + 1) != 3) {
                throw new Malformed("the first bytes are no TLS record");
            }
            if (available < RECORD_HEADER) {
                return Optional.empty();
            }
            int fragment = in.getUnsignedShort(at + 3);
            if (fragment == 0 || fragment > MAX_RECORD) {
                throw new Malformed("a TLS record of " + fragment + " bytes (expected: 1-16384)");
            }
            int present = Math.min(fragment, available - RECORD_HEADER);
            if (length + present > message.length) {
                throw new Malformed("a ClientHello of more than " + maxBytes + " bytes");
            }
            in.getBytes(at + RECORD_HEADER, message, length, present);
            length += present;
            Optional<ClientHello> hello = parse(message, length, maxBytes);
            if (hello.isPresent() || present < fragment) {
                return hello;
            }
            at += RECORD_HEADER + fragment;
        }
    }

    private static Optional<ClientHello> parse(byte[] message, int length, int maxBytes) throws Malformed {
        if (length > 0 && message[0] != CLIENT_HELLO) {
            throw new Malformed("the first handshake message is no ClientHello");
        }
        if (length < 4) {
            return Optional.empty();
        }
        int size = (message[1] & 0xFF) << 16 | (message[2] & 0xFF) << 8 | message[3] & 0xFF;
        if (size > maxBytes) {
            throw new Malformed("a ClientHello of " + size + " bytes (expected: at most " + maxBytes + ")");
        }
        if (length < 4 + size) {
            return Optional.empty();
        }
        try {
            return Optional.of(body(new Cursor(message, 4, 4 + size)));
        } catch (IndexOutOfBoundsException e) {
            throw new Malformed("a ClientHello whose lengths do not add up");
        }
    }

    private static ClientHello body(Cursor in) throws Malformed {
        in.skip(2 + 32); // legacy_version, random
        in.skip(in.int8()); // legacy_session_id
        in.skip(in.int16()); // cipher_suites
        in.skip(in.int8()); // legacy_compression_methods
        String sni = null;
        List<String> alpn = List.of();
        if (in.atEnd()) {
            return new ClientHello(null, alpn);
        }
        Cursor extensions = in.slice(in.int16());
        if (!in.atEnd()) {
            throw new Malformed("a ClientHello whose lengths do not add up");
        }
        boolean sniSeen = false;
        boolean alpnSeen = false;
        while (!extensions.atEnd()) {
            int type = extensions.int16();
            Cursor data = extensions.slice(extensions.int16());
            if (type == SERVER_NAME) {
                if (sniSeen) {
                    throw new Malformed("two server_name extensions");
                }
                sniSeen = true;
                sni = serverName(data);
            } else if (type == ALPN) {
                if (alpnSeen) {
                    throw new Malformed("two ALPN extensions");
                }
                alpnSeen = true;
                alpn = protocols(data);
            }
        }
        return new ClientHello(sni, alpn);
    }

    /** One host_name, of 1-255 printable ASCII characters (RFC 6066 §3). */
    private static String serverName(Cursor data) throws Malformed {
        Cursor list = data.slice(data.int16());
        if (!data.atEnd() || list.atEnd() || list.int8() != 0) {
            throw new Malformed("a server_name extension without one host_name");
        }
        String name = list.slice(list.int16()).text();
        if (!list.atEnd() || name.isEmpty() || name.length() > 255) {
            throw new Malformed("a server_name of " + name.length() + " bytes (expected: one of 1-255)");
        }
        for (int i = 0; i < name.length(); i++) {
            if (name.charAt(i) <= 0x20 || name.charAt(i) >= 0x7F) {
                throw new Malformed("a server_name with a control or non-ASCII character");
            }
        }
        return name;
    }

    /** Of 1-255 bytes each (RFC 7301 §3.1), and not so many that to keep them would take a multiple of the ClientHello. */
    private static List<String> protocols(Cursor data) throws Malformed {
        Cursor list = data.slice(data.int16());
        List<String> protocols = new ArrayList<>(2);
        while (!list.atEnd()) {
            String protocol = list.slice(list.int8()).text();
            if (protocol.isEmpty() || protocols.size() == MAX_PROTOCOLS) {
                throw new Malformed("an ALPN extension with an empty name or too many (expected: at most "
                        + MAX_PROTOCOLS + " of 1-255 bytes)");
            }
            protocols.add(protocol);
        }
        return List.copyOf(protocols);
    }

    /** Reads big-endian numbers; beyond the end it throws {@link IndexOutOfBoundsException}. */
    private static final class Cursor {
        private final byte[] octets;
        private int at;
        private final int end;

        Cursor(byte[] octets, int at, int end) {
            this.octets = octets;
            this.at = at;
            this.end = end;
        }

        boolean atEnd() {
            return at == end;
        }

        void skip(int count) {
            if (count > end - at) {
                throw new IndexOutOfBoundsException(count);
            }
            at += count;
        }

        int int8() {
            skip(1);
            return octets[at - 1] & 0xFF;
        }

        int int16() {
            int high = int8();
            return high << 8 | int8();
        }

        Cursor slice(int length) {
            skip(length);
            return new Cursor(octets, at - length, at);
        }

        String text() {
            return new String(octets, at, end - at, StandardCharsets.ISO_8859_1);
        }
    }
}
