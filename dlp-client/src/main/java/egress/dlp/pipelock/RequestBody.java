package egress.dlp.pipelock;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;

/** A body that can be sent again. */
interface RequestBody {

    /** In bytes; -1 when only reading shows it. */
    long length();

    /** From its first byte; fails with a {@link BodyRefusedException} where the body is at fault. */
    InputStream open() throws IOException;

    static RequestBody of(byte[] bytes) {
        return new RequestBody() {
            @Override
            public long length() {
                return bytes.length;
            }

            @Override
            public InputStream open() {
                return new ByteArrayInputStream(bytes);
            }
        };
    }
}
