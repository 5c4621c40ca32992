package egress.dlp;

import egress.dlp.Finding.Span;
import egress.dlp.given.EncodedForms;
import egress.dlp.given.GivenValues;
import egress.dlp.given.Link;
import egress.dlp.given.SentText;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What of a request's head an origin gave to the caller: its URL, as a whole, cookies, each as a whole, and what authorizes a request
 * for that URL.
 */
public final class GivenParts {
    static final GivenParts NONE = new GivenParts();

    private static final int MOST_PARTS = 128;

    private final @Nullable GivenValues memory;
    private final String target;
    private final @Nullable String linkGiver;
    private final List<Part> parts = new ArrayList<>(0);

    /** A stretch of a field's value. */
    private record Part(String name, int field, int start, int end, String text, String giver) {
        boolean holds(Span cover) {
            return cover.index() == field && cover.start() >= start && cover.end() <= end;
        }
    }

    private GivenParts() {
        memory = null;
        target = "";
        linkGiver = null;
    }

    GivenParts(GivenValues memory, Destination to, String target, List<HeaderField> fields) {
        this.memory = memory;
        this.target = target;
        Link link = Link.asked(to.host(), to.port(), target);
        this.linkGiver = memory.giverOf(link);
        for (int i = 0; i < fields.size(); i++) {
            HeaderField field = fields.get(i);
            if (field.name().equalsIgnoreCase("cookie")) {
                findCookies(memory, to.host(), i, field);
            } else if (field.name().equalsIgnoreCase("authorization")) {
                String value = field.value();
                String giver = memory.giverOf(link, value.strip());
                if (giver != null) {
                    parts.add(new Part(field.name(), i, 0, value.length(), value, giver));
                }
            }
        }
    }

    private void findCookies(GivenValues from, String host, int index, HeaderField field) {
        String value = field.value();
        int start = 0;
        while (start < value.length() && parts.size() < MOST_PARTS) {
            int semicolon = value.indexOf(';', start);
            int end = semicolon < 0 ? value.length() : semicolon;
            int first = start;
            while (first < end && value.charAt(first) == ' ') {
                first++;
            }
            String text = value.substring(first, end);
            String giver = text.isEmpty() ? null : from.giverOf(host, text);
            if (giver != null) {
                parts.add(new Part(field.name(), index, first, end, text, giver));
            }
            start = end + 1;
        }
    }

    boolean isLinkGiven() {
        return linkGiver != null;
    }

    /** What stands between the given parts of a field. */
    List<String> notGivenOf(int field, String value) {
        List<String> out = new ArrayList<>(1);
        int from = 0;
        for (Part part : parts) {
            if (part.field == field) {
                out.add(value.substring(from, part.start));
                from = part.end;
            }
        }
        out.add(value.substring(from));
        return out;
    }

    /** Has what their givers had been sent before taken as sent by the caller to where it goes now. */
    void takeEchoed(SentText into) {
        if (linkGiver != null) {
            into.takeEchoed(linkGiver, target);
        }
        for (Part part : parts) {
            into.takeEchoed(part.giver, part.text);
        }
    }

    /**
     * Whether a value that was found stands in a given part, and came from its origin.
     *
     * @param cover where it stands, verbatim or encoded; empty where it was put together
     */
    public boolean cover(Place place, Optional<Span> cover, byte[] value) {
        if (memory == null) {
            return false;
        }
        int question = target.indexOf('?');
        return switch (place) {
            case Place.Path p -> ofLink(question < 0 ? target : target.substring(0, question), cover, value);
            case Place.Query q -> ofLink(question < 0 ? "" : target.substring(question + 1), cover, value);
            case Place.Field field -> ofFields(Optional.of(field.name()), cover, value);
            case Place.Fields f -> cover.isEmpty() && ofFields(Optional.empty(), cover, value);
            case Place.Host h -> false;
            case Place.Method m -> false;
            case Place.Trailer t -> false;
            case Place.Trailers t -> false;
            case Place.Body b -> false;
            case Place.WebSocket w -> false;
            case Place.Message m -> false;
            case Place.Sequence s -> false;
            case Place.Response r -> false;
        };
    }

    private boolean ofLink(String text, Optional<Span> cover, byte[] value) {
        String giver = linkGiver;
        return giver != null && isFrom(giver, cover.isPresent() ? within(text, 0, cover.get()) : text, cover, value);
    }

    private boolean ofFields(Optional<String> name, Optional<Span> cover, byte[] value) {
        String text = new String(value, StandardCharsets.ISO_8859_1);
        boolean joined = cover.isEmpty();
        for (Part part : parts) {
            boolean here = joined
                    ? name.map(part.name::equalsIgnoreCase).orElse(true)
                            && (part.text.contains(text) || EncodedForms.isInBase64(part.text, value))
                    : part.holds(cover.get());
            if (here) {
                return isFrom(
                        part.giver, joined ? part.text : within(part.text, part.start, cover.get()), cover, value);
            }
        }
        return false;
    }

    private static String within(String text, int offset, Span cover) {
        int from = (int) Math.min(text.length(), cover.start() - offset);
        return text.substring(from, Math.clamp(cover.end() - offset, from, text.length()));
    }

    /**
     * Whether the value came from the origin: as it is, and as it stands in what was given, where it is encoded there. A value that was put
     * together from pieces cannot be distinguished from what the caller sent in pieces.
     *
     * @param text what stands in the given part where it was found; all of the part where that is unknown
     */
    private boolean isFrom(String giver, String text, Optional<Span> cover, byte[] value) {
        GivenValues from = memory;
        if (from == null || !from.isFrom(giver, value)) {
            return false;
        }
        String found = new String(value, StandardCharsets.ISO_8859_1);
        if (text.contains(found) || plain(text).contains(found)) {
            return true;
        }
        boolean encoded = cover.isPresent() || EncodedForms.isInBase64(text, value);
        return encoded && from.isFrom(giver, text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** Without percent codes. */
    private static String plain(String text) {
        try {
            return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.ISO_8859_1);
        } catch (IllegalArgumentException e) {
            return text;
        }
    }
}
