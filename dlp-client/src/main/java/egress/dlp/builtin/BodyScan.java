package egress.dlp.builtin;

import egress.dlp.BodySource;
import egress.dlp.HeaderField;
import egress.dlp.Place;
import egress.dlp.ScanRequest;
import egress.dlp.ScanVerdict.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Scans a body to its end: in place when it lies in one array, else window by window. */
final class BodyScan {
    private static final int WINDOW = 128 * 1024;
    private static final int CARRY = 8 * 1024;
    private static final int READ = 16 * 1024;

    private final ScanRun run;

    BodyScan(ScanRun run) {
        this.run = run;
    }

    void body(ScanRequest request) {
        BodySource body = request.body();
        if (body.length() == 0) {
            return;
        }
        run.allow(body.length());
        List<String> values = request.fields().stream()
                .filter(f -> f.name().equalsIgnoreCase("content-encoding"))
                .map(HeaderField::value)
                .toList();
        Optional<List<ContentCoding>> codings = ContentCoding.of(values);
        if (codings.isEmpty() || !codings.get().stream().allMatch(ContentCoding::isAvailable)) {
            run.refuse(Reason.UNKNOWN_ENCODING, "a content coding that cannot be decoded here");
            return;
        }
        View view = View.of(new View.Whole(new Place.Body()));
        if (codings.get().isEmpty()) {
            plain(body, view);
        } else {
            coded(body, codings.get(), view.decoded(0, (int) Math.min(Integer.MAX_VALUE, body.length())));
        }
    }

    private void plain(BodySource body, View view) {
        if (body instanceof BodySource.Heap heap) {
            byte[] bytes = heap.bytes();
            Join join = Join.of(run, view, bytes, 0, bytes.length);
            run.structured(join instanceof JsonJoin && json(bytes));
            Scan.whole(run, view, bytes, 0, bytes.length);
            join.feed(bytes, 0, bytes.length);
            join.end();
            return;
        }
        try (InputStream in = new BodyStream(body)) {
            stream(in, view);
        } catch (IOException e) {
            run.refuse(Reason.UNREADABLE, "the body could not be read back");
        }
    }

    private void coded(BodySource body, List<ContentCoding> codings, View view) {
        BodyStream raw = new BodyStream(body);
        try (InputStream in = ContentCoding.decode(raw, codings)) {
            stream(in, view);
        } catch (IOException | RuntimeException e) {
            boolean unreadable = raw.failed();
            run.refuse(
                    unreadable ? Reason.UNREADABLE : Reason.UNDECODABLE,
                    unreadable ? "the body could not be read back" : "the body is not what its content coding says");
        }
    }

    private void stream(InputStream in, View view) throws IOException {
        boolean coded = view.depth() > 0;
        Window window = new Window(run, view, WINDOW, CARRY);
        Join join = null;
        byte[] buffer = new byte[READ];
        for (int n = read(in, buffer); n > 0 && !run.over(); n = read(in, buffer)) {
            if (coded && !run.inflate(n)) {
                return;
            }
            join = join(join, view, buffer, n);
            window.put(buffer, 0, n);
            join.feed(buffer, 0, n);
        }
        window.end();
        if (join != null) {
            join.end();
        }
    }

    private Join join(@Nullable Join join, View view, byte[] buffer, int n) {
        if (join != null) {
            return join;
        }
        Join first = Join.of(run, view, buffer, 0, n);
        run.structured(first instanceof JsonJoin && json(buffer));
        return first;
    }

    private static int read(InputStream in, byte[] buffer) throws IOException {
        return in.readNBytes(buffer, 0, buffer.length);
    }

    static boolean json(byte[] b) {
        for (int i = 0; i < b.length; i++) {
            if (b[i] > ' ') {
                return b[i] == '{' || b[i] == '[' || b[i] == '"';
            }
        }
        return false;
    }
}
