package egress.gate;

/** What callers of a long run do, and how often: the weights are shares of a hundred. */
enum SoakWork {
    GET(24),
    POST_ECHO(16),
    UPLOAD(8),
    EVENTS(8),
    TRAILERS(6),
    MESSAGES(6),
    PARALLEL(6),
    DENIED_METHOD(6),
    DENIED_HOST(2),
    LEAVES_THE_RESPONSE(4),
    LEAVES_THE_UPLOAD(4),
    ORIGIN_RESETS(4),
    WEB_SOCKET(3),
    PASSTHROUGH(3);

    private final int weight;

    SoakWork(int weight) {
        this.weight = weight;
    }

    /** @param percent 0 to 99, drawn evenly */
    static SoakWork at(int percent) {
        int left = percent;
        for (SoakWork work : values()) {
            left -= work.weight;
            if (left < 0) {
                return work;
            }
        }
        throw new IllegalArgumentException(percent + " (expected: below the sum of the weights)");
    }
}
