package egress.dlp.pipelock;

import egress.dlp.BodySource;
import egress.dlp.ScanRequest;
import egress.dlp.ScanVerdict.Reason;
import egress.dlp.builtin.ContentCoding;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/** A request's body as pipelock takes it: out of its content codings, within a bound. It can be read any number of times. */
final class AskedBody implements QuestionBody {
    private final BodySource source;
    private final List<ContentCoding> codings;
    private final long most;

    private AskedBody(BodySource source, List<ContentCoding> codings, long most) {
        this.source = source;
        this.codings = codings;
        this.most = most;
    }

    /**
     * The body of that request.
     *
     * @throws BodyRefusedException when a coding cannot be undone here, or it is longer than {@code most} as it stands
     */
    static AskedBody of(ScanRequest request, long most) throws BodyRefusedException {
        BodySource source = request.body();
        if (source.length() == 0) {
            return new AskedBody(source, List.of(), most);
        }
        List<ContentCoding> codings = ContentCoding.of(Syntax.values(request.fields(), "content-encoding"))
                .filter(all -> all.stream().allMatch(ContentCoding::isAvailable))
                .orElseThrow(() -> new BodyRefusedException(
                        Reason.UNKNOWN_ENCODING, "a content coding that cannot be decoded here"));
        if (source.length() > most) {
            throw tooLong(most);
        }
        return new AskedBody(source, codings, most);
    }

    boolean isEmpty() {
        return source.length() == 0;
    }

    @Override
    public long length() {
        return codings.isEmpty() ? source.length() : -1;
    }

    @Override
    public InputStream open() throws IOException {
        InputStream raw = new Raw(source);
        if (codings.isEmpty()) {
            return raw;
        }
        InputStream in = raw;
        try {
            for (ContentCoding coding : codings.reversed()) {
                in = coding.decode(in);
            }
        } catch (BodyRefusedException e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            throw undecodable();
        }
        return new Decoded(in, most);
    }

    private static BodyRefusedException tooLong(long most) {
        return new BodyRefusedException(Reason.BOMB, "a body of more than " + most + " bytes is not asked");
    }

    private static BodyRefusedException undecodable() {
        return new BodyRefusedException(Reason.UNDECODABLE, "the body is not what its content coding says");
    }

    /** The body as it came. */
    private static final class Raw extends InputStream {
        private final BodySource source;
        private long position;

        Raw(BodySource source) {
            this.source = source;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] into, int offset, int count) throws IOException {
            if (count == 0) {
                return 0;
            }
            try {
                int n = source.read(position, into, offset, count);
                position += Math.max(0, n);
                return n;
            } catch (IOException e) {
                throw new BodyRefusedException(Reason.UNREADABLE, "the body could not be read back");
            }
        }

        @Override
        public int available() {
            return (int) Math.min(Integer.MAX_VALUE, source.length() - position);
        }
    }

    /** The body out of its codings; every fault of the decoders becomes the body's. */
    private static final class Decoded extends InputStream {
        private final InputStream in;
        private final long most;
        private long total;

        Decoded(InputStream in, long most) {
            this.in = in;
            this.most = most;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] into, int offset, int count) throws IOException {
            int n;
            try {
                n = in.read(into, offset, count);
            } catch (BodyRefusedException e) {
                throw e;
            } catch (IOException | RuntimeException e) {
                throw undecodable();
            }
            total += Math.max(0, n);
            if (total > most) {
                throw tooLong(most);
            }
            return n;
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }
}
