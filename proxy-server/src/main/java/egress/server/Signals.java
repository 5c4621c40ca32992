package egress.server;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The signals that steer the process, from its first moment on: the JVM's own answer to SIGHUP is to exit. What comes
 * before there is anybody to act on it is remembered.
 */
final class Signals {
    /** Why a reload by signal cannot work, if it cannot. */
    enum Hangup {
        HANDLED,
        /** Ignored since before the process began, as nohup does. */
        IGNORED,
        /** No such signal on this system. */
        UNKNOWN
    }

    private final CountDownLatch stop = new CountDownLatch(1);
    private final CountDownLatch stopNow = new CountDownLatch(2);
    private Hangup hangup = Hangup.UNKNOWN;
    private boolean pending;
    private @Nullable Runnable onHangup;
    private @Nullable Consumer<String> relay;

    /** Handles SIGHUP, SIGTERM and SIGINT from now on. */
    static Signals install() {
        Signals signals = new Signals();
        signals.hangup = handle("HUP", signals::hangup);
        handle("TERM", () -> signals.stop("TERM"));
        handle("INT", () -> signals.stop("INT"));
        return signals;
    }

    /** No signals: for a gate that lives inside another program. */
    static Signals none() {
        return new Signals();
    }

    Hangup onHangup() {
        return hangup;
    }

    /** Calls this at each SIGHUP, on a thread of its own; now, if there was one already. */
    void onHangup(Runnable action) {
        boolean missed;
        synchronized (this) {
            onHangup = action;
            missed = pending;
            pending = false;
        }
        if (missed) {
            action.run();
        }
    }

    /**
     * Passes each signal on by its name from now on, for a program that runs inside, and does nothing else with it; those too that came
     * before.
     */
    void relay(Consumer<String> to) {
        boolean hungUp;
        synchronized (this) {
            relay = to;
            hungUp = pending;
            pending = false;
        }
        handle("USR1", () -> to.accept("USR1"));
        if (stop.getCount() == 0) {
            to.accept("TERM");
        }
        if (hungUp) {
            to.accept("HUP");
        }
    }

    private boolean isRelayed(String name) {
        Consumer<String> to;
        synchronized (this) {
            to = relay;
        }
        if (to != null) {
            to.accept(name);
        }
        return to != null;
    }

    /** A SIGHUP came. */
    void hangup() {
        if (isRelayed("HUP")) {
            return;
        }
        Runnable action;
        synchronized (this) {
            action = onHangup;
            pending = action == null;
        }
        if (action != null) {
            action.run();
        }
    }

    /** A SIGTERM or SIGINT came; a second one ends the wait for exchanges under way. */
    void stop(String name) {
        if (isRelayed(name)) {
            return;
        }
        stop.countDown();
        stopNow.countDown();
    }

    /** Waits for the first signal to stop. */
    void awaitStop() throws InterruptedException {
        stop.await();
    }

    /** Waits for the second signal to stop. */
    void awaitSecondStop() throws InterruptedException {
        stopNow.await();
    }

    /**
     * By reflection: {@code sun.misc.Signal} is the only way, supported as such (JEP 260), and javac has a warning for
     * its name that nothing can turn off.
     */
    @SuppressWarnings("ReferenceEquality") // handlers have no other
    private static Hangup handle(String name, Runnable action) {
        try {
            Class<?> signalType = Class.forName("sun.misc.Signal");
            Class<?> handlerType = Class.forName("sun.misc.SignalHandler");
            Object handler = Proxy.newProxyInstance(
                    handlerType.getClassLoader(), new Class<?>[] {handlerType}, (proxy, method, arguments) -> {
                        if (method.getName().equals("handle")) {
                            action.run();
                            return null;
                        }
                        return switch (method.getName()) {
                            case "hashCode" -> System.identityHashCode(proxy);
                            case "equals" -> arguments != null && proxy == arguments[0];
                            default -> "the gate's handler of SIG" + name;
                        };
                    });
            Object signal = signalType.getConstructor(String.class).newInstance(name);
            Object before =
                    signalType.getMethod("handle", signalType, handlerType).invoke(null, signal, handler);
            // The JVM leaves a signal alone that it found ignored, and hands back just that.
            boolean ignored = before == handlerType.getField("SIG_IGN").get(null);
            return ignored ? Hangup.IGNORED : Hangup.HANDLED;
        } catch (InvocationTargetException e) {
            return Hangup.UNKNOWN; // no such signal here, or the JVM keeps it (-Xrs)
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("a JDK without sun.misc.Signal", e);
        }
    }
}
