package egress.dlp.builtin;

import egress.dlp.Finding.Span;
import egress.dlp.HeaderField;
import egress.dlp.Place;
import egress.dlp.ScanRequest;
import egress.dlp.builtin.scan.Provenance;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Everything of a head, or all trailers, in one array, a line each, so that one pass scans it; knows which byte belongs where. */
final class HeadSurface implements Provenance.Surface {
    private final List<Part> parts = new ArrayList<>();
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(1024);
    private final Place rest;
    private int lines;

    private record Part(int start, int end, int line, int index, Place place, boolean rewritable) {}

    private HeadSurface(Place rest) {
        this.rest = rest;
    }

    static HeadSurface head(ScanRequest request) {
        HeadSurface out = new HeadSurface(new Place.Fields());
        out.line(request.method(), 0, new Place.Method(), false);
        out.line(request.path(), 0, new Place.Path(), true);
        out.line(request.query(), 0, new Place.Query(), true);
        int index = 0;
        for (HeaderField field : request.fields()) {
            out.field(field, index++, new Place.Fields(), new Place.Field(field.name()));
        }
        return out;
    }

    static HeadSurface trailers(List<HeaderField> trailers) {
        HeadSurface out = new HeadSurface(new Place.Trailers());
        int index = 0;
        for (HeaderField field : trailers) {
            out.field(field, index++, new Place.Trailers(), new Place.Trailer(field.name()));
        }
        return out;
    }

    byte[] bytes() {
        return bytes.toByteArray();
    }

    @Override
    public Place place(long start, long end) {
        Part last = null;
        for (Part part : parts) {
            boolean here = start >= 0 && part.start <= Math.max(start, end - 1) && start < part.end;
            if (here && last != null && last.line != part.line) {
                return rest;
            }
            last = here ? part : last;
        }
        return last == null ? rest : last.place;
    }

    @Override
    public boolean byLine() {
        return true;
    }

    @Override
    public Optional<Span> span(long start, long end) {
        for (Part part : parts) {
            if (start >= part.start && end <= part.end) {
                return part.rewritable
                        ? Optional.of(new Span(part.index, start - part.start, end - part.start))
                        : Optional.empty();
            }
        }
        return Optional.empty();
    }

    private void field(HeaderField field, int index, Place name, Place value) {
        add(field.name(), index, name, false);
        bytes.write(':');
        bytes.write(' ');
        line(field.value(), index, value, true);
    }

    // A name and its value share a line; a match over both is reported at the value.
    private void line(String text, int index, Place place, boolean rewritable) {
        add(text, index, place, rewritable);
        bytes.write('\n');
        lines++;
    }

    private void add(String text, int index, Place place, boolean rewritable) {
        byte[] latin = text.getBytes(StandardCharsets.ISO_8859_1);
        int start = bytes.size();
        bytes.write(latin, 0, latin.length);
        parts.add(new Part(start, bytes.size(), lines, index, place, rewritable));
    }
}
