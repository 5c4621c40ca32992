package egress.abuse;

/**
 * One thing tried against the gate.
 *
 * @param id the row of the list and a letter: {@code 13.b}
 * @param leg how it was brought in: {@code connect}, {@code absolute}, {@code tls}, {@code h1}, {@code h2}, …
 */
record Case(String id, String title, String leg, Expected expected, Probe probe) {
    /** Tries it. */
    @FunctionalInterface
    interface Probe {
        /** Says what came of it, such as {@code 403 path_not_allowed}, {@code reset 1}, {@code alert 112} or {@code closed}. */
        String attempt() throws Exception;
    }

    /** A case that must be stopped, whose probe looks for itself that nothing of it went on. */
    static Case stopped(String id, String title, String leg, Probe probe, String... outcomes) {
        return new Case(id, title, leg, Expected.denied(outcomes), probe);
    }

    /** The neighbour that must go through. */
    static Case through(String id, String title, String leg, Probe probe, String... outcomes) {
        return new Case(
                id, title, leg, Expected.allowed(outcomes.length == 0 ? new String[] {"200"} : outcomes), probe);
    }

    @Override
    public String toString() {
        return id + " " + leg + ": " + title;
    }
}
