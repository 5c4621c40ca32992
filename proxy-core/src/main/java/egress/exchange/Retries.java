package egress.exchange;

/**
 * Which requests are sent a second time: only what was certainly not processed (RFC 9110 §9.2.2, RFC 9113 §8.7). The
 * origin said so, no byte was written, or an idempotent request without a body met a kept-alive connection that turned
 * out to be stale.
 */
final class Retries {
    private Retries() {}

    static boolean may(Failure failure, boolean reused, String method, boolean withoutBody) {
        return switch (failure) {
            case Failure.UpstreamRefused refused -> true;
            case Failure.UpstreamClosedEarly closed ->
                reused && (!closed.requestWritten() || withoutBody && isIdempotent(method));
            case Failure.Denied d -> false;
            case Failure.Unauthenticated u -> false;
            case Failure.DownstreamMalformed m -> false;
            case Failure.DownstreamGone g -> false;
            case Failure.DownstreamTimedOut t -> false;
            case Failure.DownstreamTooSlow t -> false;
            case Failure.UpstreamUnreachable u -> false;
            case Failure.UpstreamUntrusted u -> false;
            case Failure.UpstreamForbidden f -> false;
            case Failure.UpstreamMalformed m -> false;
            case Failure.UpstreamTimedOut t -> false;
            case Failure.Overloaded o -> false;
        };
    }

    /** RFC 9110 §9.2.2. */
    private static boolean isIdempotent(String method) {
        return switch (method) {
            case "GET", "HEAD", "PUT", "DELETE", "OPTIONS" -> true;
            default -> false;
        };
    }
}
