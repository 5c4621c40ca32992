package egress.server.agent;

import egress.share.Caller;

/** Something that an agent may call by MCP: it reads what is the caller's own, or asks; it changes nothing by itself. */
interface Tool {
    /** @param client the caller's address */
    record Asker(Caller caller, String client) {}

    /**
     * @param json one object
     * @param failed whether the caller should try otherwise
     */
    record Result(String json, boolean failed) {}

    String name();

    /** For people. */
    String title();

    /** For models. */
    String description();

    /** JSON Schema of the arguments: one object, as a line of text. */
    String schema();

    /** Whether it only reads. */
    boolean isReadOnly();

    /** @throws IllegalArgumentException with what was expected of the arguments */
    Result call(Asker asker, Arguments arguments);
}
