package egress.server;

import egress.dlp.pipelock.PipelockSettings;
import egress.server.dlp.DlpSettings;
import java.util.Optional;

/**
 * Who scans what leaves, and within which bounds.
 *
 * @param pipelock how it is asked; empty where it is not
 */
record DlpChoice(DlpSettings settings, Optional<PipelockSettings> pipelock) {
    /** Who scans, as written on the command line. */
    enum Mode {
        BUILTIN,
        PIPELOCK,
        BOTH,
        OFF
    }

    boolean isOff() {
        return !settings.builtIn() && pipelock.isEmpty();
    }
}
