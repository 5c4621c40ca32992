package egress.server.evidence;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The paths of a host, by their segments. A place in which at least {@code distinct} values stand that are alike in all that follows them, or in
 * which an obvious id stands, becomes a place for any such value; all else stays as it was seen.
 */
final class PathTree {
    /** What is deeper is no path of an API, and stays as it is. */
    private static final int DEEPEST = 64;

    private final int distinct;
    private final Node root = new Node();

    /** What ends here by method, and what follows. */
    private static final class Node {
        private final Map<String, Node> children = new TreeMap<>();
        private final Map<String, Seen> ends = new TreeMap<>();

        void add(Node other) {
            other.children.forEach((label, child) ->
                    children.computeIfAbsent(label, any -> new Node()).add(child));
            other.ends.forEach((method, seen) ->
                    ends.computeIfAbsent(method, any -> new Seen()).add(seen));
        }
    }

    /**
     * A path as a rule has it.
     *
     * @param methods by which it was asked for
     */
    record Shape(List<Segment> segments, Map<String, Seen> methods) {}

    /** What a place in a path may hold, and all that follows it there. */
    private record Place(Segment segment, Node below) {}

    PathTree(int distinct) {
        this.distinct = distinct;
    }

    /** @param path begins with a slash */
    void add(String path, String method, Seen seen) {
        Node node = root;
        String[] segments = path.substring(1).split("/", DEEPEST); // the last one holds all the rest
        for (String segment : segments) {
            node = node.children.computeIfAbsent(segment, any -> new Node());
        }
        node.ends.computeIfAbsent(method, any -> new Seen()).add(seen);
    }

    List<Shape> shapes() {
        return shapes(root);
    }

    private List<Shape> shapes(Node node) {
        List<Shape> shapes = new ArrayList<>();
        if (!node.ends.isEmpty()) {
            shapes.add(new Shape(List.of(), node.ends));
        }
        for (Place place : places(node)) {
            for (Shape rest : shapes(place.below())) {
                List<Segment> segments = new ArrayList<>();
                segments.add(place.segment());
                segments.addAll(rest.segments());
                shapes.add(new Shape(List.copyOf(segments), rest.methods()));
            }
        }
        return shapes;
    }

    private List<Place> places(Node node) {
        Map<String, List<String>> groups = new LinkedHashMap<>();
        Map<String, Segment.Kind> kinds = new LinkedHashMap<>();
        node.children.forEach((label, child) -> {
            boolean deep = label.contains("/"); // the rest of a path that is too deep: never one segment
            Optional<Segment.Kind> id = deep ? Optional.empty() : id(label, child);
            String key = id.map(kind -> "id " + kind)
                    .orElseGet(() -> deep || label.isEmpty() ? "as it is " + label : "like " + signature(child));
            groups.computeIfAbsent(key, any -> new ArrayList<>()).add(label);
            kinds.put(key, id.orElse(Segment.Kind.ANYTHING));
        });
        List<Place> places = new ArrayList<>();
        groups.forEach((key, labels) -> {
            Segment.Kind kind = kinds.getOrDefault(key, Segment.Kind.ANYTHING);
            boolean general = kind != Segment.Kind.ANYTHING || labels.size() >= distinct;
            Node merged = new Node();
            for (String label : labels) {
                Node child = node.children.get(label);
                if (child == null) {
                    continue;
                }
                if (general) {
                    merged.add(child);
                } else {
                    places.add(new Place(new Segment.Literal(label), child));
                }
            }
            if (general) {
                places.add(new Place(new Segment.Any(kind), merged));
            }
        });
        return places;
    }

    private static Optional<Segment.Kind> id(String label, Node child) {
        boolean spreads = Segment.isHexPair(label)
                && !child.children.isEmpty()
                && child.children.keySet().stream()
                        .allMatch(next -> Segment.isHexPair(next)
                                || Segment.idOf(next)
                                        .filter(kind -> kind == Segment.Kind.HEX)
                                        .isPresent());
        return spreads ? Optional.of(Segment.Kind.HEX_PAIR) : Segment.idOf(label);
    }

    /** What follows, without its names: the methods, and how deep it goes. */
    private static String signature(Node node) {
        TreeSet<String> below = new TreeSet<>();
        node.children.forEach((label, child) -> below.add((label.isEmpty() ? "/" : "") + signature(child)));
        return node.ends.keySet() + "(" + String.join(",", below) + ")";
    }
}
