package egress.server.flight;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import org.jspecify.annotations.Nullable;

/** One scan for secrets: of a head, a body, a message or a piece of one. */
@Name("egress.Scan")
@Label("Scan")
@Category("egress-proxy")
@Description("A scan of a head, a body, a message or a piece of one; the time for which others went first is among it")
@StackTrace(false)
final class ScanEvent extends Event {
    @Label("Place")
    @Description("loop, thread or external")
    @Nullable
    String place;

    @Label("Bytes")
    @DataAmount
    long bytes;

    @Label("Verdict")
    @Description("clean, found, denied, refused, or failed")
    @Nullable
    String verdict;
}
