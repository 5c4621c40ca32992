package egress.server.config;

import egress.dlp.pipelock.PipelockSettings;
import java.util.Optional;

/**
 * Who scans what leaves, and within which bounds.
 *
 * @param pipelock how it is asked; empty where it is not
 */
public record DlpConfig(DlpSettings settings, Optional<PipelockSettings> pipelock) {
    /** Who scans, as written on the command line. */
    public enum Mode {
        BUILTIN,
        PIPELOCK,
        BOTH,
        OFF
    }

    public boolean isOff() {
        return !settings.builtIn() && pipelock.isEmpty();
    }
}
