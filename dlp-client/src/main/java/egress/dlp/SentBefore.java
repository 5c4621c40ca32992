package egress.dlp;

import java.util.function.Supplier;

/**
 * What a scan is to be joined with.
 *
 * @param values of the caller, as they are when a scan begins
 * @param leavesAnyway whether what is found leaves all the same, as where it is only warned of
 */
public record SentBefore(Supplier<SentValues> values, boolean leavesAnyway) {}
