package egress.dlp;

/** Whether a scan goes on: its time may be over, or nobody may want its verdict any more. */
@FunctionalInterface
public interface Pace {
    /** As long as it takes. */
    Pace FREE = () -> true;

    /**
     * Asked every few kilobytes by the thread that scans; may hold it up for a while.
     *
     * @return false where the scan is to end now: what it says then is a refusal, and is not listened to
     */
    boolean goOn();

    /** Runs that when the scan is to end: for what waits elsewhere and cannot ask. At once, if it is to end already. */
    default void whenEnded(Runnable then) {}
}
