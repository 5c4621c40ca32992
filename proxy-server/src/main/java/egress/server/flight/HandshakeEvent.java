package egress.server.flight;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import org.jspecify.annotations.Nullable;

/** A caller's TLS handshake, from its whole ClientHello on. */
@Name("egress.Handshake")
@Label("Handshake")
@Category("egress-proxy")
@Description("The TLS handshake of a caller, from its ClientHello on")
@StackTrace(false)
final class HandshakeEvent extends Event {
    @Label("Host")
    @Description("Of the CONNECT")
    @Nullable
    String host;

    @Label("Server Name")
    @Description("As sent; null when absent")
    @Nullable
    String serverName;

    @Label("Protocol")
    @Description("h2 or http/1.1; null where it failed")
    @Nullable
    String protocol;

    @Label("Failure")
    @Description("Null where it succeeded")
    @Nullable
    String failure;
}
