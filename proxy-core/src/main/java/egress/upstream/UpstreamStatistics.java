package egress.upstream;

/**
 * The upstream side at one moment.
 *
 * @param connects TCP connections made, ever
 * @param connectFailures attempts that ended in no connection, ever: no address, none allowed, none answering
 * @param addressesRefused addresses the guard refused, ever
 * @param handshakes TLS handshakes completed, ever; resumed ones too
 * @param handshakesResumed those that resumed a session (counted with BoringSSL alone)
 * @param handshakeFailures TLS handshakes failed, ever: certificate, protocol, time
 * @param reused exchanges on a connection that was open already, ever
 * @param http1Open h1 connections now
 * @param http2Open h2 connections now
 * @param idle connections of both kinds without an exchange now
 * @param streams exchanges with a connection or stream now
 * @param waiting exchanges that wait for one now
 */
public record UpstreamStatistics(
        long connects,
        long connectFailures,
        long addressesRefused,
        long handshakes,
        long handshakesResumed,
        long handshakeFailures,
        long reused,
        long http1Open,
        long http2Open,
        long idle,
        long streams,
        long waiting) {}
