package egress.dlp;

/** Says whether a scan should go on: not when its time is over, nor when nobody waits for its verdict any more. */
@FunctionalInterface
public interface Pace {
    /** Ends no scan. */
    Pace FREE = () -> true;

    /**
     * Asked every few kilobytes by the thread that scans; may hold it up for a while.
     *
     * @return false where the scan must end now; its verdict is then a refusal that nobody reads
     */
    boolean goOn();

    /** Runs the action when the scan must end, for work that waits elsewhere and cannot ask; at once if it must end already. */
    default void whenEnded(Runnable then) {}
}
