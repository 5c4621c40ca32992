package egress.dlp;

/** Decides whether a scan continues: not when its time is over, nor when its verdict is no longer needed. */
@FunctionalInterface
public interface Pace {
    /** Ends no scan. */
    Pace FREE = () -> true;

    /**
     * Asked every few kilobytes by the thread that scans; may hold it up for a while.
     *
     * @return false where the scan must end now; its verdict is then a refusal that is dropped
     */
    boolean goOn();

    /** Runs the action when the scan must end, for work that waits elsewhere and cannot ask; at once if it must end already. */
    default void whenEnded(Runnable then) {}
}
