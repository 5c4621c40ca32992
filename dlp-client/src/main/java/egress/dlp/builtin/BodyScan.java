package egress.dlp.builtin;

import egress.dlp.BodySource;
import egress.dlp.BodyStream;
import egress.dlp.ContentCoding;
import egress.dlp.HeaderField;
import egress.dlp.Place;
import egress.dlp.ScanRequest;
import egress.dlp.ScanVerdict.Reason;
import egress.dlp.SentValues.Carrier;
import egress.dlp.builtin.join.Structure;
import egress.dlp.builtin.scan.Provenance;
import egress.dlp.builtin.scan.ScanContext;
import egress.dlp.builtin.scan.Segment;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Scans a body to its end: in place when it lies in one array, else window by window. A coded body is read in layers, the wire's bytes
 * as they are and what each of its codings makes of them, and each layer is scanned to its last byte.
 */
final class BodyScan {
    private static final int READ = 16 * 1024;

    private final ScanContext run;

    BodyScan(ScanContext run) {
        this.run = run;
    }

    void body(ScanRequest request) {
        BodySource body = request.body();
        if (body.length() == 0) {
            return;
        }
        run.allow(body.length());
        Optional<List<ContentCoding>> codings = codings(request.fields());
        Provenance wire = Provenance.of(new Provenance.Whole(new Place.Body()));
        Structure.Types types = Structure.Types.of(request.fields());
        if (codings.isPresent() && codings.get().isEmpty() && body instanceof BodySource.Heap heap) {
            plain(heap.bytes(), wire, types);
            return;
        }
        layered(body, wire, types, codings);
    }

    // Empty where one of them cannot be decoded here.
    private static Optional<List<ContentCoding>> codings(List<HeaderField> fields) {
        List<String> values = new ArrayList<>(1);
        for (HeaderField field : fields) {
            if (field.name().equalsIgnoreCase("content-encoding")) {
                values.add(field.value());
            }
        }
        Optional<List<ContentCoding>> named = ContentCoding.of(values);
        for (ContentCoding coding : named.orElse(List.of())) {
            if (!coding.isAvailable()) {
                return Optional.empty();
            }
        }
        return named;
    }

    /** Scans bytes that no header field describes. */
    void bytes(byte[] bytes) {
        run.allow(bytes.length);
        plain(bytes, Provenance.of(new Provenance.Whole(new Place.Body())), Structure.Types.of(List.of()));
    }

    private void plain(byte[] bytes, Provenance view, Structure.Types types) {
        run.leaving().take(bytes, 0, bytes.length);
        Structure structure = Structure.of(run, view, types, bytes, bytes.length);
        run.structured(structure.isJson());
        run.scan(Segment.whole(view, bytes, 0, bytes.length));
        run.carries(structure.isTold() ? Carrier.BODY : null);
        structure.feed(bytes, 0, bytes.length);
        structure.end();
        run.carries(null);
        run.whole(bytes, 0, bytes.length);
    }

    private void layered(
            BodySource body, Provenance wire, Structure.Types types, Optional<List<ContentCoding>> codings) {
        BodyStream source = new BodyStream(body);
        boolean coded = codings.isEmpty() || !codings.get().isEmpty();
        List<Layer> layers = new ArrayList<>();
        List<ContentCoding> order = codings.orElse(List.of()).reversed();
        layers.add(new Layer(run, source, wire, types, !coded, order.isEmpty() ? null : order.getFirst()));
        boolean undecodable = false;
        try {
            Provenance view = wire;
            for (int i = 0; i < order.size(); i++) {
                view = view.decoded(0, (int) Math.min(Integer.MAX_VALUE, body.length()));
                InputStream decoded = order.get(i).decode(layers.getLast());
                ContentCoding next = i + 1 < order.size() ? order.get(i + 1) : null;
                layers.add(new Layer(run, decoded, view, types, false, next));
            }
            drain(layers.getLast());
        } catch (IOException | RuntimeException e) {
            undecodable = true;
        }
        rest(source, layers.getFirst());
        if (codings.isEmpty() || undecodable || source.failed() || run.over()) {
            run.leavesUnread();
        }
        layers.forEach(Layer::finish);
        if (source.failed()) {
            run.refuse(Reason.UNREADABLE, "the body could not be read back");
        } else if (codings.isEmpty()) {
            run.refuse(Reason.UNKNOWN_ENCODING, "a content coding that cannot be decoded here");
        } else if (undecodable) {
            run.refuse(Reason.UNDECODABLE, "the body is not what its content coding says");
        }
    }

    // Bytes behind the end of the coded data are sent too, so they are scanned as they are.
    private void rest(BodyStream source, Layer wire) {
        try {
            if (!source.failed()) {
                drain(wire);
            }
        } catch (IOException unreadable) {
            // The source remembers that it failed.
        }
    }

    private void drain(InputStream in) throws IOException {
        byte[] buffer = new byte[READ];
        int n = 0;
        while (n >= 0 && !run.over()) {
            n = in.read(buffer, 0, READ);
        }
    }
}
