package egress.dlp.pipelock;

import egress.dlp.BodySource;
import egress.dlp.BodyStream;
import egress.dlp.ContentCoding;
import egress.dlp.PlainText;
import egress.dlp.ScanRequest;
import egress.dlp.ScanVerdict.Reason;
import egress.dlp.coding.BlockStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/** A request's body as pipelock takes it: out of its content codings, within a bound. It can be read any number of times. */
final class DecodedBody implements RequestBody {
    private final BodySource source;
    private final List<ContentCoding> codings;
    private final long most;

    private DecodedBody(BodySource source, List<ContentCoding> codings, long most) {
        this.source = source;
        this.codings = codings;
        this.most = most;
    }

    /**
     * The body of that request.
     *
     * @throws BodyRefusedException when a coding cannot be undone here, or it is longer than {@code most} as it stands
     */
    static DecodedBody of(ScanRequest request, long most) throws BodyRefusedException {
        BodySource source = request.body();
        if (source.length() == 0) {
            return new DecodedBody(source, List.of(), most);
        }
        List<ContentCoding> codings = ContentCoding.of(Syntax.values(request.fields(), "content-encoding"))
                .filter(all -> all.stream().allMatch(ContentCoding::isAvailable))
                .orElseThrow(() -> new BodyRefusedException(
                        Reason.UNKNOWN_ENCODING, "a content coding that cannot be decoded here"));
        if (source.length() > most) {
            throw tooLong(most);
        }
        return new DecodedBody(source, codings, most);
    }

    /** Whether its bytes on the wire differ from these and are text, which an origin that ignores codings would read. */
    boolean isTextOnTheWire() throws IOException {
        try (InputStream in = new BodyStream(source)) {
            return !codings.isEmpty() && PlainText.is(in);
        }
    }

    /** Its bytes on the wire. */
    DecodedBody onTheWire() {
        return new DecodedBody(source, List.of(), most);
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
        BodyStream raw = new BodyStream(source);
        try {
            return new Decoded(raw, ContentCoding.decode(raw, codings), most);
        } catch (IOException | RuntimeException e) {
            throw fault(raw);
        }
    }

    private static BodyRefusedException tooLong(long most) {
        return new BodyRefusedException(Reason.BOMB, "a body of more than " + most + " bytes is not asked");
    }

    private static BodyRefusedException fault(BodyStream raw) {
        return raw.failed()
                ? new BodyRefusedException(Reason.UNREADABLE, "the body could not be read back")
                : new BodyRefusedException(Reason.UNDECODABLE, "the body is not what its content coding says");
    }

    /** The body out of its codings; every fault of the source and of the decoders becomes the body's. */
    private static final class Decoded extends BlockStream {
        private final BodyStream raw;
        private final InputStream in;
        private final long most;
        private long total;

        Decoded(BodyStream raw, InputStream in, long most) {
            this.raw = raw;
            this.in = in;
            this.most = most;
        }

        @Override
        public int read(byte[] into, int offset, int count) throws IOException {
            int n;
            try {
                n = in.read(into, offset, count);
            } catch (IOException | RuntimeException e) {
                throw fault(raw);
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
