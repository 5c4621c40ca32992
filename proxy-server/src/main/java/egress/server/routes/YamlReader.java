package egress.server.routes;

import egress.http.Printable;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.common.Anchor;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.CollectionEndEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.MappingEndEvent;
import org.snakeyaml.engine.v2.events.MappingStartEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.events.SequenceEndEvent;
import org.snakeyaml.engine.v2.events.SequenceStartEvent;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.ParserException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * Reads YAML 1.2 at the level of its events, where aliases, tags and duplicate keys are still to be seen: none of them
 * is taken, and neither is a second document.
 */
final class YamlReader {
    private static final int MAX_DEPTH = 32;

    private final Iterator<Event> events;
    private int lastLine = 1;
    /** Of each collection that has not ended, the innermost first: the line on which its bracket stands, or 0 without one. */
    private final Deque<Integer> open = new ArrayDeque<>();

    private YamlReader(Iterator<Event> events) {
        this.events = events;
    }

    /** What is wrong with a document. */
    static final class Fault extends Exception {
        private static final long serialVersionUID = 1L;

        private final int line;

        Fault(int line, String words) {
            super(words);
            this.line = line;
        }

        /** From 1. */
        int line() {
            return line;
        }
    }

    /** Reads the one document. */
    static YamlNode read(String text) throws Fault {
        LoadSettings settings = LoadSettings.builder()
                .setUseMarks(true)
                .setCodePointLimit(Integer.MAX_VALUE) // bounded in bytes already
                .build();
        YamlReader reader = new YamlReader(new Parse(settings).parseString(text).iterator());
        try {
            return reader.document();
        } catch (MarkedYamlEngineException e) {
            throw reader.fault(e);
        } catch (YamlEngineException e) {
            throw new Fault(1, "no YAML: " + e.getMessage() + " (expected: YAML 1.2)");
        } catch (RuntimeException e) {
            // The library's own slips, such as for an escape that the end of the file cuts off.
            throw new Fault(reader.lastLine, "no YAML from here on (expected: YAML 1.2)");
        }
    }

    /** What does not end is at fault where it begins; the library only notices it where something else stands. */
    private Fault fault(MarkedYamlEngineException e) {
        int noticed = e.getProblemMark().map(YamlReader::line).orElse(1);
        int line = noticed;
        int begun = open.isEmpty() ? 0 : open.element();
        if (e instanceof ParserException && begun > 0) {
            line = begun;
        } else if ("while scanning a quoted scalar".equals(e.getContext())) {
            line = e.getContextMark().map(YamlReader::line).orElse(noticed);
        }
        String where = line == noticed ? "" : ", on line " + noticed;
        String begins = line == noticed ? "" : "what begins here does not end: ";
        boolean star = e.getContext() != null && e.getContext().contains("alias");
        String expected = star ? "YAML 1.2, with a pattern of hosts in quotes" : "YAML 1.2";
        return new Fault(line, "no YAML: " + begins + e.getProblem() + where + " (expected: " + expected + ")");
    }

    private static int line(Mark mark) {
        return mark.getLine() + 1;
    }

    private Event next() {
        Event next = events.next();
        switch (next) {
            case CollectionStartEvent start when start.isFlow() -> open.push(line(start));
            case CollectionStartEvent start -> open.push(0);
            case CollectionEndEvent end -> open.pop();
            default -> {}
        }
        lastLine = line(next);
        return next;
    }

    private YamlNode document() throws Fault {
        next(); // the stream's start
        Event first = next();
        if (first.getEventId() == Event.ID.StreamEnd) {
            throw new Fault(1, "the file is empty (expected: a mapping with routes)");
        }
        YamlNode root = node(next(), 0);
        next(); // the document's end
        Event after = next();
        if (after.getEventId() != Event.ID.StreamEnd) {
            throw new Fault(line(after), "a second document (expected: exactly one)");
        }
        return root;
    }

    private YamlNode node(Event event, int depth) throws Fault {
        if (depth > MAX_DEPTH) {
            throw new Fault(line(event), "nested more than " + MAX_DEPTH + " deep");
        }
        return switch (event) {
            case AliasEvent _ ->
                throw new Fault(
                        line(event),
                        "an alias (expected: none; write the value out, with a pattern of hosts in quotes)");
            case ScalarEvent scalar -> {
                check(event, scalar.getAnchor(), scalar.getTag());
                yield new YamlNode.Scalar(line(event), scalar.getValue(), scalar.isPlain());
            }
            case SequenceStartEvent sequence -> {
                check(event, sequence);
                yield sequence(event, depth);
            }
            case MappingStartEvent mapping -> {
                check(event, mapping);
                yield mapping(event, depth);
            }
            default -> throw new Fault(line(event), "no YAML (expected: a value)");
        };
    }

    private YamlNode sequence(Event start, int depth) throws Fault {
        List<YamlNode> items = new ArrayList<>();
        for (Event next = next(); !(next instanceof SequenceEndEvent); next = next()) {
            items.add(node(next, depth + 1));
        }
        return new YamlNode.Sequence(line(start), List.copyOf(items));
    }

    private YamlNode mapping(Event start, int depth) throws Fault {
        List<YamlNode.Entry> entries = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        for (Event next = next(); !(next instanceof MappingEndEvent); next = next()) {
            if (!(node(next, depth + 1) instanceof YamlNode.Scalar key)) {
                throw new Fault(line(next), "a key that is no plain word");
            }
            if (!seen.add(key.text())) {
                throw new Fault(key.line(), "the key " + Printable.quote(key.text()) + " twice (expected: once)");
            }
            entries.add(new YamlNode.Entry(key, node(next(), depth + 1)));
        }
        return new YamlNode.Mapping(line(start), List.copyOf(entries));
    }

    private static void check(Event event, CollectionStartEvent collection) throws Fault {
        check(event, collection.getAnchor(), collection.getTag());
    }

    private static void check(Event event, Optional<Anchor> anchor, Optional<String> tag) throws Fault {
        if (anchor.isPresent()) {
            throw new Fault(line(event), "an anchor (expected: none; write the value out)");
        }
        if (tag.isPresent()) {
            throw new Fault(line(event), "a tag (expected: none)");
        }
    }

    private static int line(Event event) {
        return event.getStartMark().map(YamlReader::line).orElse(1);
    }
}
