package egress.dlp;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What a scan is to be joined with.
 *
 * @param values of the caller, as they are when a scan begins
 * @param leavesAnyway whether what is found leaves all the same, as where it is only warned of
 * @param to where it goes; null where it is not known what was sent and given there
 */
public record SentBefore(
        Supplier<SentValues> values,
        boolean leavesAnyway,
        @Nullable Destination to) {
    /** Where nothing is known of its destination. */
    public SentBefore(Supplier<SentValues> values, boolean leavesAnyway) {
        this(values, leavesAnyway, null);
    }
}
