package egress.server.flight;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import org.jspecify.annotations.Nullable;

/** The signing of a leaf certificate. */
@Name("egress.Mint")
@Label("Mint")
@Category("egress-proxy")
@Description("The signing of a leaf certificate; what comes from the cache is none")
@StackTrace(false)
final class MintEvent extends Event {
    @Label("Name")
    @Description("That the certificate is for")
    @Nullable
    String name;

    @Label("Failure")
    @Description("Null where it was signed")
    @Nullable
    String failure;
}
