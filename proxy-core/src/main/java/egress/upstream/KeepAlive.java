package egress.upstream;

import java.util.concurrent.TimeUnit;

/** The Keep-Alive field, in which many origins announce when they close an idle connection. */
final class KeepAlive {
    private static final String TIMEOUT = "timeout=";
    private static final int MOST_DIGITS = 9;

    private KeepAlive() {}

    /** Its timeout; {@link Long#MAX_VALUE} where it has none that can be read. */
    static long timeoutNanos(String value) {
        for (String parameter : value.split(",", 16)) {
            String stripped = parameter.strip();
            if (stripped.regionMatches(true, 0, TIMEOUT, 0, TIMEOUT.length())) {
                String digits = stripped.substring(TIMEOUT.length());
                boolean readable = !digits.isEmpty()
                        && digits.length() <= MOST_DIGITS
                        && digits.chars().allMatch(c -> c >= '0' && c <= '9');
                return readable ? TimeUnit.SECONDS.toNanos(Long.parseLong(digits)) : Long.MAX_VALUE;
            }
        }
        return Long.MAX_VALUE;
    }
}
