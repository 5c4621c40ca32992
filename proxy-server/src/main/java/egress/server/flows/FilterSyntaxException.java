package egress.server.flows;

/** A filter that cannot be read: where, and what was expected there. */
public final class FilterSyntaxException extends Exception {
    private static final long serialVersionUID = 1;

    private final int position;

    FilterSyntaxException(int position, String words) {
        super("at character " + (position + 1) + ": " + words);
        this.position = position;
    }

    /** Of the first character that does not fit, counted from 0; the filter's length where something is missing at its end. */
    public int position() {
        return position;
    }
}
