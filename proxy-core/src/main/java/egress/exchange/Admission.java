package egress.exchange;

/** Whether something new may begin, or go on: decided beside policy, by what a caller did or what is left of a budget. */
public sealed interface Admission {
    Admission ADMITTED = new Admitted();

    record Admitted() implements Admission {}

    /** @param failure the answer to the caller */
    record Refused(Failure failure) implements Admission {}
}
