package egress.dlp.builtin;

import egress.dlp.HeaderField;
import egress.dlp.ScanOptions;
import egress.dlp.ScanRequest;
import egress.dlp.SentValues;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The last heads in which nothing was found, so that one that comes again is not searched again: agents send the same fields with
 * each request. A head is recognised by all of its characters and by what was asked of the scan, never by a hash alone. Safe for every
 * thread.
 */
final class CleanHeads {
    private static final int PLACES = 32;
    /** A longer head is not kept, in characters. */
    private static final int LONGEST = 4 * 1024;

    private final AtomicReferenceArray<Head> wholes = new AtomicReferenceArray<>(PLACES);
    private final AtomicReferenceArray<Head> fields = new AtomicReferenceArray<>(PLACES);

    /**
     * A head that was clean.
     *
     * @param bytes what was allowed for it
     * @param sent how the memory of its caller stood that knew all its values; null where none was asked
     */
    record Head(
            String host,
            String method,
            String target,
            List<HeaderField> fields,
            ScanOptions options,
            int openLabels,
            long bytes,
            SentValues.@Nullable State sent) {
        private boolean hasFieldsOf(ScanRequest request) {
            return fields.equals(request.fields()) && options.equals(request.options());
        }

        private boolean is(ScanRequest request) {
            return target.equals(request.target())
                    && host.equals(request.host())
                    && method.equals(request.method())
                    && openLabels == request.openLabels()
                    && hasFieldsOf(request);
        }
    }

    /** The same head, where it was clean; null where it is not known. */
    @Nullable
    Head same(ScanRequest request) {
        Head head = wholes.get(place(request.host(), request.target()));
        return head != null && head.is(request) ? head : null;
    }

    /** Whether a head with the same fields was clean. */
    boolean knowsFields(ScanRequest request) {
        Head head = fields.get(place(request.host(), request.fields()));
        return head != null && head.hasFieldsOf(request);
    }

    /** Keeps the head of a request in which nothing was found. */
    void keep(ScanRequest request, long bytes, SentValues.@Nullable State sent) {
        if (bytes > LONGEST) {
            return;
        }
        Head head = new Head(
                request.host(),
                request.method(),
                request.target(),
                request.fields(),
                request.options(),
                request.openLabels(),
                bytes,
                sent);
        wholes.set(place(request.host(), request.target()), head);
        fields.set(place(request.host(), request.fields()), head);
    }

    private static int place(String host, String target) {
        return (host.hashCode() * 31 + target.hashCode()) & PLACES - 1;
    }

    /** Clients of one host differ in how many fields they send. */
    private static int place(String host, List<HeaderField> fields) {
        return host.hashCode() + fields.size() & PLACES - 1;
    }
}
