package egress.dlp;

import egress.dlp.Finding.Span;
import egress.dlp.given.GivenValues;
import egress.dlp.given.Link;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What of a request's head an origin gave to the caller: its URL, as a whole, and cookies, each as a whole. */
public final class GivenParts {
    static final GivenParts NONE = new GivenParts();

    private static final int MOST_COOKIES = 128;

    private final @Nullable GivenValues memory;
    private final @Nullable String linkGiver;
    private final List<Cookie> cookies = new ArrayList<>(0);

    private record Cookie(int field, int start, int end, String text, String giver) {}

    private GivenParts() {
        memory = null;
        linkGiver = null;
    }

    GivenParts(GivenValues memory, String host, int port, String target, List<HeaderField> fields) {
        this.memory = memory;
        this.linkGiver = memory.giverOf(Link.asked(host, port, target));
        for (int i = 0; i < fields.size(); i++) {
            if (isCookie(fields.get(i).name())) {
                find(memory, host, i, fields.get(i).value());
            }
        }
    }

    private static boolean isCookie(String name) {
        return name.equalsIgnoreCase("cookie");
    }

    private void find(GivenValues from, String host, int field, String value) {
        int start = 0;
        while (start < value.length() && cookies.size() < MOST_COOKIES) {
            int semicolon = value.indexOf(';', start);
            int end = semicolon < 0 ? value.length() : semicolon;
            int first = start;
            while (first < end && value.charAt(first) == ' ') {
                first++;
            }
            String text = value.substring(first, end);
            String giver = text.isEmpty() ? null : from.giverOf(host, text);
            if (giver != null) {
                cookies.add(new Cookie(field, first, end, text, giver));
            }
            start = end + 1;
        }
    }

    boolean isLinkGiven() {
        return linkGiver != null;
    }

    /** What stands between the given cookies of a field. */
    List<String> notGivenOf(int field, String value) {
        List<String> out = new ArrayList<>(1);
        int from = 0;
        for (Cookie cookie : cookies) {
            if (cookie.field == field) {
                out.add(value.substring(from, cookie.start));
                from = cookie.end;
            }
        }
        out.add(value.substring(from));
        return out;
    }

    /**
     * Whether a value that was found stands in a given part, and came from its origin.
     *
     * @param cover where it stands, verbatim or encoded; empty where it was put together
     */
    public boolean cover(Place place, Optional<Span> cover, byte[] value) {
        GivenValues from = memory;
        if (from == null) {
            return false;
        }
        return switch (place) {
            case Place.Path p -> linkGiver != null && from.isFrom(linkGiver, value);
            case Place.Query q -> linkGiver != null && from.isFrom(linkGiver, value);
            case Place.Field field -> isCookie(field.name()) && cookie(from, cover, value);
            case Place.Fields f -> cover.isEmpty() && cookie(from, cover, value);
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

    private boolean cookie(GivenValues from, Optional<Span> cover, byte[] value) {
        for (Cookie cookie : cookies) {
            boolean here = cover.isPresent()
                    ? cover.get().index() == cookie.field
                            && cover.get().start() >= cookie.start
                            && cover.get().end() <= cookie.end
                    : cookie.text.contains(new String(value, StandardCharsets.ISO_8859_1));
            if (here) {
                return from.isFrom(cookie.giver, value);
            }
        }
        return false;
    }
}
