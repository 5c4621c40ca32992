package egress.dlp.builtin;

import egress.dlp.HeaderField;
import egress.dlp.Leaving;
import egress.dlp.Place;
import egress.dlp.ScanRequest;
import egress.dlp.SentValues;
import egress.dlp.SentValues.Carrier;
import egress.dlp.builtin.join.FormJoiner;
import egress.dlp.builtin.join.Fragment;
import egress.dlp.builtin.join.FragmentJoiner;
import egress.dlp.builtin.match.LiteralIndex;
import egress.dlp.builtin.rule.DetectorIndex;
import egress.dlp.builtin.rule.HeaderInjection;
import egress.dlp.builtin.rule.IndexEntry;
import egress.dlp.builtin.rule.RuleMatcher;
import egress.dlp.builtin.rule.SecretForm;
import egress.dlp.builtin.scan.Excuse;
import egress.dlp.builtin.scan.Provenance;
import egress.dlp.builtin.scan.ScanContext;
import egress.dlp.builtin.scan.Segment;
import egress.dlp.builtin.scan.SmallValues;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Scans what stands before and after a body: host, method, path, query, fields, trailers, each alone and its pieces side by side. */
final class HeadScan {
    /** The least length of a parameter whose name and value together may hold a secret. */
    private static final int LONG_PARAMETER = 16;

    private static final int MOST_SEGMENTS = 64;

    private final ScanContext run;
    private final DetectorIndex folded;
    private final CleanHeads clean;
    private boolean repeated;

    /**
     * @param folded the rules, and the known secrets in base64, without regard to case, for hosts
     * @param clean heads in which nothing was found by the same rules
     */
    HeadScan(ScanContext run, DetectorIndex folded, CleanHeads clean) {
        this.run = run;
        this.folded = folded;
        this.clean = clean;
    }

    /** What is known of a head before it is read: then it is not searched again, but its values still count as sent. */
    private enum Known {
        NOTHING,
        /** Its fields were clean by themselves. */
        FIELDS,
        WHOLE
    }

    /**
     * @param leaving takes what may leave, and knows what of it was given; null where nothing is remembered
     * @return what the head allows for its size, in bytes
     */
    long head(ScanRequest request, @Nullable Leaving leaving) {
        CleanHeads.Head same = clean.same(request);
        if (same != null && isSent(same)) {
            repeated = true;
            run.excuses(PresignedUrl.of(request));
            run.allow(same.bytes());
            return same.bytes();
        }
        excuse(request, leaving);
        if (same != null) {
            run.allow(same.bytes());
            values(request, Known.WHOLE);
            return same.bytes();
        }
        HeaderInjection.head(run, request);
        HeadSurface surface = HeadSurface.head(request);
        byte[] bytes = surface.bytes();
        run.allow(bytes.length);
        run.scan(Segment.whole(Provenance.of(surface), bytes, 0, bytes.length));
        values(request, clean.knowsFields(request) ? Known.FIELDS : Known.NOTHING);
        if (request.openLabels() > 0) {
            openLabels(request);
        }
        return bytes.length;
    }

    /** Whether the head was known, and what it holds to have been sent just now: nothing of it was read. */
    boolean isRepeated() {
        return repeated;
    }

    private void excuse(ScanRequest request, @Nullable Leaving leaving) {
        Excuse signed = PresignedUrl.of(request);
        boolean hasHead = !request.host().isEmpty();
        run.excuses(leaving == null || !hasHead ? signed : new GivenBack(leaving.head(request), signed));
    }

    /** Whether the same head was the last of what its caller sent. */
    private boolean isSent(CleanHeads.Head head) {
        SmallValues gathered = run.gathered();
        SentValues.State sent = head.sent();
        return gathered == null || sent != null && sent.stillHolds(gathered.began());
    }

    private void values(ScanRequest request, Known known) {
        boolean whole = known == Known.WHOLE;
        run.carries(Carrier.PATH);
        path(request.path(), !whole);
        run.carries(Carrier.QUERY);
        query(request.query());
        run.carries(Carrier.FIELD);
        fields(request.fields(), new Place.Fields(), known == Known.NOTHING);
        if (!request.host().isEmpty()) {
            run.carries(Carrier.HOST);
            host(request.host(), !whole);
        }
        run.carries(null);
    }

    /** As the host is looked up, and as the origin may get it, with its case kept. */
    private void openLabels(ScanRequest request) {
        Set<String> texts = new LinkedHashSet<>(OpenLabels.texts(request.host(), request.openLabels()));
        for (HeaderField field : request.fields()) {
            if (field.name().equalsIgnoreCase("host")) {
                texts.addAll(OpenLabels.texts(field.value(), request.openLabels()));
            }
        }
        Provenance view = Provenance.of(new Provenance.Whole(new Place.Host()));
        for (String text : texts) {
            byte[] bytes = latin(text);
            run.allow(bytes.length);
            Segment joined = Segment.whole(view.pieces(0, bytes.length), bytes, 0, bytes.length);
            run.scan(joined);
            folded.index().scan(bytes, 0, bytes.length, foldedHits(joined));
        }
    }

    void trailers(List<HeaderField> trailers) {
        if (!trailers.isEmpty()) {
            HeaderInjection.trailers(run, trailers);
            HeadSurface surface = HeadSurface.trailers(trailers);
            byte[] bytes = surface.bytes();
            run.allow(bytes.length);
            run.scan(Segment.whole(Provenance.of(surface), bytes, 0, bytes.length));
            run.carries(Carrier.FIELD);
            fields(trailers, new Place.Trailers(), true);
            run.carries(null);
        }
    }

    // A host is in lower case, so keywords are matched without case; its labels are also scanned joined.
    private void host(String host, boolean searches) {
        byte[] bytes = latin(host);
        Provenance view = Provenance.of(new Provenance.Whole(new Place.Host()));
        run.allow(bytes.length);
        if (searches) {
            run.scan(Segment.whole(view, bytes, 0, bytes.length));
            Segment segment = Segment.whole(view.pieces(), bytes, 0, bytes.length);
            folded.index().scan(bytes, 0, bytes.length, foldedHits(segment));
        }
        int label = 0;
        for (String each : host.split("\\.", MOST_SEGMENTS)) {
            byte[] value = latin(each.toLowerCase(Locale.ROOT)); // a CONNECT and its requests may differ in case
            run.value(label++, -1, value, 0, value.length);
        }
        byte[] joined = latin(host.replace(".", ""));
        if (searches && joined.length < bytes.length) {
            run.scan(Segment.whole(view.pieces(), joined, 0, joined.length));
            Segment labels = Segment.whole(view.pieces(), joined, 0, joined.length);
            folded.index().scan(joined, 0, joined.length, foldedHits(labels));
        }
    }

    private LiteralIndex.Hits foldedHits(Segment segment) {
        RuleMatcher rules = new RuleMatcher(run, segment);
        return (b, at, literal) -> {
            IndexEntry target = folded.target(literal);
            if (target instanceof IndexEntry.Keyword keyword) {
                rules.at(keyword.rule(), at, keyword.length());
            } else if (target instanceof IndexEntry.Anchor anchor) {
                secret(segment, at, anchor);
            }
            return !run.over();
        };
    }

    private void secret(Segment segment, int at, IndexEntry.Anchor anchor) {
        SecretForm form = anchor.form();
        SecretForm.Extent extent = form.extent(segment.b(), segment.low(), segment.to(), at, anchor.anchor());
        if (form.counts(extent)) {
            run.known(segment.view(), extent.start(), extent.end(), form.secret(), form.part(extent), false);
        }
    }

    private void path(String path, boolean searches) {
        FragmentJoiner segments = new FragmentJoiner(
                run, Provenance.of(new Provenance.Whole(new Place.Path())).pieces());
        int place = 0;
        for (String segment : path.split("/", MOST_SEGMENTS)) {
            byte[] bytes = latin(segment);
            if (searches) {
                segments.add(bytes, 0, bytes.length);
            }
            run.value(place++, -1, bytes, 0, bytes.length);
        }
        segments.end();
    }

    private void query(String query) {
        if (query.indexOf('&') >= 0 || query.length() >= LONG_PARAMETER && query.indexOf('=') >= 0) {
            byte[] bytes = latin(query);
            FormJoiner join = new FormJoiner(run, Provenance.of(new Provenance.Whole(new Place.Query())));
            join.feed(bytes, 0, bytes.length);
            join.end();
        } else if (run.gathers() && !query.isEmpty()) {
            byte[] bytes = latin(query);
            int behind = query.indexOf('=') + 1;
            run.name(bytes, 0, Math.max(0, behind - 1));
            run.value(
                    SmallValues.stem(bytes, 0, behind),
                    SmallValues.numberIn(bytes, 0, behind),
                    bytes,
                    behind,
                    bytes.length);
        }
    }

    private void fields(List<HeaderField> fields, Place place, boolean searches) {
        if (!searches && !run.gathers()) {
            return;
        }
        Provenance view = Provenance.of(new Provenance.Whole(place)).pieces();
        FragmentJoiner values = new FragmentJoiner(run, view);
        FragmentJoiner names = new FragmentJoiner(run, view);
        Fragment piece = new Fragment();
        for (HeaderField field : fields) {
            byte[] name = latin(field.name());
            byte[] value = latin(field.value());
            if (searches) {
                names.add(name, 0, name.length);
                piece.clear();
                piece.add(value, 0, value.length);
                values.add(piece);
            }
            if (run.gathers()) {
                run.name(name, 0, name.length);
                int number = SmallValues.numberIn(name, 0, name.length);
                run.value(SmallValues.stem(name, 0, name.length), number, value, 0, value.length);
            }
            if (field.value().indexOf('=') >= 0 && field.value().indexOf(';') >= 0) {
                FormJoiner cookies = new FormJoiner(run, Provenance.of(new Provenance.Whole(place)));
                cookies.feed(value, 0, value.length);
                cookies.end();
            }
        }
        values.end();
        names.end();
    }

    private static byte[] latin(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
