package egress.server.agent;

import egress.server.json.AsciiJson;

/**
 * An error of JSON-RPC.
 *
 * @param data further facts; writes nothing where there are none
 */
record McpFault(int code, String words, AsciiJson.Writes data) {
    static final int NOT_JSON = -32700;
    static final int NO_REQUEST = -32600;
    static final int NO_METHOD = -32601;
    static final int WRONG_PARAMETERS = -32602;
    /** MCP 2026-07-28: a field of the head says something else than the body. */
    static final int FIELD_MISMATCH = -32020;
    /** MCP 2026-07-28. */
    static final int NO_VERSION = -32022;

    private static final AsciiJson.Writes NOTHING = _ -> {};

    McpFault(int code, String words) {
        this(code, words, NOTHING);
    }

    boolean hasData() {
        return !data.equals(NOTHING);
    }

    /** Of HTTP, since MCP 2026-07-28; before, an answer to a request was a 200 whatever it said. */
    int status() {
        return code == NO_METHOD ? 404 : 400;
    }
}
