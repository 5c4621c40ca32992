package egress.exchange;

import io.netty.handler.codec.http.HttpObject;

/**
 * One side of an exchange as the {@link Exchange} sees it: an h1 connection or an h2 stream, downstream or upstream.
 * Every method is called on the exchange's event loop.
 *
 * <p>The parts of a message are Netty's {@code HttpRequest} or {@code HttpResponse}, any number of {@code
 * HttpContent}, and one {@code LastHttpContent} with the trailers; interim responses are
 * {@link egress.http.InterimResponse}s. Framing fields (Content-Length, Transfer-Encoding) in a head are the
 * exchange's to set: the peer encodes what they declare.
 */
public interface Peer {
    /** Takes ownership of the part. A failed write ends in the side's failure callback. */
    void write(HttpObject part);

    void flush();

    /** Whether more should be written now. When this turns true again the side's writable callback is called. */
    boolean isWritable();

    /** Asks for more parts: at least one more burst, ended by the side's read-complete callback. */
    void read();

    /**
     * Gives the side up before its message is complete: RST_STREAM(CANCEL) on h2, close on h1. No callback comes after
     * it. Harmless when both messages are complete: then a kept-alive connection goes back to its pool.
     */
    void abort();
}
