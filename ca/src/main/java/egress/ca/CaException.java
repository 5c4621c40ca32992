package egress.ca;

/**
 * The certificate authority cannot be used as configured. The message is one sentence for the person who started the program: it names the
 * file and what was expected there, and never holds key material.
 */
public final class CaException extends Exception {
    private static final long serialVersionUID = 1L;

    public CaException(String message) {
        super(message);
    }

    public CaException(String message, Throwable cause) {
        super(message, cause);
    }
}
