package egress.server;

import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Locale;

/**
 * Bounds the memory of buffers a little below what the JVM allows. At its own bound the JVM collects garbage and then sleeps, up to half
 * a second, before it says no, and does so on the event loop that asked; Netty says no at once.
 */
final class DirectMemory {
    private static final String NETTY_BOUND = "io.netty.maxDirectMemory";
    private static final String JVM_BOUND = "-XX:MaxDirectMemorySize=";
    /** What is left to the JVM's own buffers. */
    private static final int JVM_SHARE = 16;

    private DirectMemory() {}

    /** Must come before the first use of Netty. */
    static void bound() {
        if (System.getProperty(NETTY_BOUND) == null) {
            long most = jvmBound(
                    ManagementFactory.getRuntimeMXBean().getInputArguments(),
                    Runtime.getRuntime().maxMemory());
            System.setProperty(NETTY_BOUND, Long.toString(most - most / JVM_SHARE));
        }
    }

    /**
     * What the JVM allows, in bytes: what its last option says, or as much as the heap.
     *
     * @param options as {@code java} was given them; those that the JVM would not take do not come here
     */
    static long jvmBound(List<String> options, long heap) {
        long bound = 0;
        for (String option : options) {
            if (option.startsWith(JVM_BOUND)) {
                bound = bytes(option.substring(JVM_BOUND.length()).toLowerCase(Locale.ROOT));
            }
        }
        return bound == 0 ? heap : bound;
    }

    private static long bytes(String size) {
        int unit = "kmgt".indexOf(size.charAt(size.length() - 1));
        return unit < 0 ? Long.decode(size) : Long.decode(size.substring(0, size.length() - 1)) << 10 * (unit + 1);
    }
}
