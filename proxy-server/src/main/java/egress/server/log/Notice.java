package egress.server.log;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the program says of itself: a line for people, or an event with fields of its own. */
public sealed interface Notice {
    /** The value of {@code event}. */
    String name();

    /** The line. */
    String words();

    /** Writes its own fields, behind {@code time}, {@code event} and {@code message}. */
    default void json(JsonGenerator to) throws IOException {
        // the message says all
    }

    /** Anything else. */
    record Said(String words) implements Notice {
        @Override
        public String name() {
            return "egress_notice";
        }
    }

    /** Something will not work as it stands. */
    record Warning(String of) implements Notice {
        @Override
        public String name() {
            return "egress_warning";
        }

        @Override
        public String words() {
            return "warning: " + of;
        }
    }

    /**
     * It accepts connections.
     *
     * @param generation of the routes; 0 where there are no valid ones
     */
    record Started(String listen, List<String> admin, String fingerprint, long generation, String version)
            implements Notice {
        @Override
        public String name() {
            return "egress_started";
        }

        @Override
        public String words() {
            return "listening on " + listen;
        }

        @Override
        public void json(JsonGenerator to) throws IOException {
            to.writeStringField("listen", listen);
            to.writeArrayFieldStart("admin");
            for (String address : admin) {
                to.writeString(address);
            }
            to.writeEndArray();
            to.writeStringField("ca_fingerprint", "sha256:" + fingerprint);
            to.writeNumberField("generation", generation);
            to.writeStringField("version", version);
        }
    }

    /** New routes hold. */
    record Reloaded(String words, long generation, int routes) implements Notice {
        @Override
        public String name() {
            return "egress_reloaded";
        }

        @Override
        public void json(JsonGenerator to) throws IOException {
            to.writeNumberField("generation", generation);
            to.writeNumberField("routes", routes);
        }
    }

    /** New routes do not hold: the old ones stay. */
    record ReloadFailed(List<String> errors) implements Notice {
        public ReloadFailed {
            errors = List.copyOf(errors);
        }

        @Override
        public String name() {
            return "egress_reload_failed";
        }

        @Override
        public String words() {
            return "the routes stay as they were";
        }

        @Override
        public void json(JsonGenerator to) throws IOException {
            to.writeArrayFieldStart("errors");
            for (String error : errors) {
                to.writeString(error);
            }
            to.writeEndArray();
        }
    }

    /** It cannot start, or cannot continue. */
    record Failed(String words) implements Notice {
        @Override
        public String name() {
            return "egress_failed";
        }
    }

    /**
     * A question to an operator, its answer, or a use of what was granted.
     *
     * @param what {@code asked}, {@code answered}, {@code expired}, {@code used} or {@code refused}
     * @param fields all text, in order
     */
    record Ask(String what, String words, Map<String, String> fields) implements Notice {
        public Ask {
            fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
        }

        @Override
        public String name() {
            return "egress_ask_" + what;
        }

        @Override
        public void json(JsonGenerator to) throws IOException {
            for (Map.Entry<String, String> field : fields.entrySet()) {
                if (!field.getValue().isEmpty()) {
                    to.writeStringField(field.getKey(), field.getValue());
                }
            }
        }
    }

    /** It was asked to end. */
    record Stopping(String words) implements Notice {
        @Override
        public String name() {
            return "egress_stopping";
        }
    }
}
