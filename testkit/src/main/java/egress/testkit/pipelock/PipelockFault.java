package egress.testkit.pipelock;

/** How a {@link RecordedPipelock} misbehaves, on every listener. */
public enum PipelockFault {
    /** It does not. */
    NONE,
    /** Takes the question and never answers. */
    SILENT,
    /** Closes without an answer. */
    CLOSES,
    /** Answers something that is not HTTP. */
    GARBAGE,
    /** 429, as when it is asked too often. */
    RATE_LIMITED,
    /** 503, as when its kill switch is on. */
    SUSPENDED,
    /** Breaks the connection off within its answer, with a reset. */
    RESETS,
    /** Ends the connection within its answer. */
    CUTS,
    /** Allows everything, as with {@code action: warn}. */
    WARNS_ONLY,
    /** Blocks everything. */
    BLOCKS_ALL,
    /** Says 204 itself, with a nonce that it made up. */
    FORGES,
    /** Answers with the verdict that the sink gave the question before. */
    REPLAYS,
    /** Gives the sink's verdict twice in one answer. */
    DOUBLES,
    /** Lets everything through, but other bytes than it was asked. */
    REWRITES,
    /** Never stops answering. */
    FLOODS,
    /** 200 with what the scan API would call an error. */
    CONFUSED
}
