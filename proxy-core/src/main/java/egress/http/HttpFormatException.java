package egress.http;

import io.netty.handler.codec.http.HttpResponseStatus;

/** What arrived is not the HTTP that its sender may send. The words never hold a field's value. */
public final class HttpFormatException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    private final transient HttpResponseStatus status;

    public HttpFormatException(HttpResponseStatus status, String words) {
        super(words);
        this.status = status;
    }

    /** A 400. */
    public HttpFormatException(String words) {
        this(HttpResponseStatus.BAD_REQUEST, words);
    }

    /** The status for a caller who sent it. */
    public HttpResponseStatus status() {
        return status;
    }

    /** Thrown on the way of hostile bytes, where a stack trace only costs. */
    @Override
    public Throwable fillInStackTrace() {
        return this;
    }
}
