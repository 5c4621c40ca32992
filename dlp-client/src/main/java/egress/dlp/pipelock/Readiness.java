package egress.dlp.pipelock;

/**
 * What the self-test showed.
 *
 * @param ready whether a known-bad question was denied and a known-good one allowed
 * @param words why not, or what was asked; one line
 */
public record Readiness(boolean ready, String words) {}
