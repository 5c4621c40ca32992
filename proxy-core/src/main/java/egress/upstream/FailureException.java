package egress.upstream;

import egress.exchange.Failure;

/** Carries a {@link Failure} through a future. */
final class FailureException extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient Failure failure;

    FailureException(Failure failure) {
        super(failure.words(), null, false, false);
        this.failure = failure;
    }

    Failure failure() {
        return failure;
    }
}
