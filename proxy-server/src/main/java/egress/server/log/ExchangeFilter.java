package egress.server.log;

/** Which exchanges the terminal shows. */
public interface ExchangeFilter {
    ExchangeFilter ALL = new ExchangeFilter() {
        @Override
        public boolean isAboutRequests() {
            return true;
        }

        @Override
        public boolean matches(LogEvent.Facts facts, SecretMasker masker) {
            return true;
        }
    };

    /** Whether a request's head is enough to judge by: then its line is shown when it comes. */
    boolean isAboutRequests();

    /** @param masker by which what is matched is masked: nothing that is not shown can be found */
    boolean matches(LogEvent.Facts facts, SecretMasker masker);
}
