package egress.server.dlp.judge;

/** Hears of each scan, on the thread where it runs. */
@FunctionalInterface
public interface ScanWatch {
    /** Hears of nothing. */
    ScanWatch NONE = (place, bytes) -> Scan.UNWATCHED;

    /** Where a scan runs. */
    enum Place {
        /** On the event loop of its exchange. */
        LOOP,
        /** On a thread for scans. */
        THREAD,
        /** In another program. */
        EXTERNAL
    }

    /**
     * A scan begins.
     *
     * @param bytes of what is scanned, about
     */
    Scan begins(Place place, long bytes);

    /** One scan. */
    @FunctionalInterface
    interface Scan {
        Scan UNWATCHED = verdict -> {};

        /**
         * @param verdict in a word: {@code clean}, {@code found}, {@code denied}, {@code refused}, or {@code failed} where there is
         *     none
         */
        void ended(String verdict);
    }
}
