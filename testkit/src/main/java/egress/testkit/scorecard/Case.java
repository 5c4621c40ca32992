package egress.testkit.scorecard;

/**
 * One thing tried against the gate.
 *
 * @param id the row of the list and a letter: {@code 13.b}
 * @param leg how it was brought in: {@code connect}, {@code absolute}, {@code tls}, {@code h1}, {@code h2}, …
 */
public record Case(String id, String title, String leg, Expected expected, Probe probe) {
    /** Tries it. */
    @FunctionalInterface
    public interface Probe {
        /** Says what came of it, such as {@code 403 path_not_allowed}, {@code reset 1}, {@code alert 112} or {@code closed}. */
        String attempt() throws Exception;
    }

    /** A case that must be stopped, whose probe looks for itself that nothing of it went on. */
    public static Case stopped(String id, String title, String leg, Probe probe, String... outcomes) {
        return new Case(id, title, leg, Expected.denied(outcomes), probe);
    }

    /** The neighbour that must go through. */
    public static Case through(String id, String title, String leg, Probe probe, String... outcomes) {
        return new Case(
                id, title, leg, Expected.allowed(outcomes.length == 0 ? new String[] {"200"} : outcomes), probe);
    }

    /** The id of a case of a row, the n-th from 0: {@code 20.a} to {@code 20.z}, then {@code 20.aa}. */
    public static String id(int row, int n) {
        return row + "." + (n < 26 ? "" : (char) ('a' + n / 26 - 1)) + (char) ('a' + n % 26);
    }

    /** Hostile text as a title of one line. */
    public static String shown(String text) {
        String line = text.substring(0, Math.min(text.length(), 70)).replace("\r\n", " / ");
        StringBuilder out = new StringBuilder();
        line.chars()
                .forEach(
                        c -> out.append(c > 31 && c < 127 ? String.valueOf((char) c) : "\\x" + Integer.toHexString(c)));
        return out.toString().strip();
    }

    @Override
    public String toString() {
        return id + " " + leg + ": " + title;
    }
}
