package egress.server.routes;

import java.util.List;

/** The routes cannot be used. Each error names its place and what was expected, and no secret. */
public final class RoutesException extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient List<String> errors;

    /** @param errors one sentence each, at least one */
    RoutesException(List<String> errors) {
        super(errors.getFirst());
        this.errors = List.copyOf(errors);
    }

    public List<String> errors() {
        return errors;
    }
}
