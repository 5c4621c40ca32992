package egress.server.run;

import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** Passes signals on to a program; one that comes before there is a program keeps it from starting. */
public final class SignalRelay {
    private static final int BY_SIGNAL = 128;

    private @Nullable ChildProcess child;
    private @Nullable String early;

    /** A signal came. */
    public void accept(String name) {
        ChildProcess to;
        synchronized (this) {
            to = child;
            if (to == null) {
                early = name;
            }
        }
        if (to != null) {
            to.signal(name);
        }
    }

    /** The status to exit with, where a signal came already. */
    public synchronized OptionalInt status() {
        return early == null ? OptionalInt.empty() : OptionalInt.of(BY_SIGNAL + number(early));
    }

    /** From now on they are this program's; one that came while it was started too. */
    public void to(ChildProcess started) {
        String missed;
        synchronized (this) {
            child = started;
            missed = early;
        }
        if (missed != null) {
            started.signal(missed);
        }
    }

    private static int number(String name) {
        return switch (name) {
            case "HUP" -> 1;
            case "INT" -> 2;
            case "USR1" -> 10;
            default -> 15;
        };
    }
}
