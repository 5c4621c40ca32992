package egress.abuse;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.nio.ByteBuffer;

/** A ClientHello of a TLS that is no more: with the SNI, and without supported_versions. */
final class OldHello {
    private OldHello() {}

    /** @param version as on the wire: 0x0302 is TLS 1.1 */
    static byte[] of(String host, int version) {
        byte[] name = host.getBytes(ISO_8859_1);
        ByteBuffer hello = ByteBuffer.allocate(5 + 4 + 2 + 32 + 1 + 6 + 2 + 2 + 9 + name.length);
        hello.put((byte) 22).putShort((short) 0x0301).putShort((short) (hello.capacity() - 5));
        hello.put((byte) 1).put((byte) 0).putShort((short) (hello.capacity() - 9));
        hello.putShort((short) version).put(new byte[32]).put((byte) 0);
        hello.putShort((short) 4).putShort((short) 0xc009).putShort((short) 0xc013); // ECDHE with AES-128-CBC
        hello.put((byte) 1).put((byte) 0).putShort((short) (9 + name.length));
        hello.putShort((short) 0).putShort((short) (5 + name.length)).putShort((short) (3 + name.length));
        return hello.put((byte) 0).putShort((short) name.length).put(name).array();
    }
}
