package egress.server;

import static org.assertj.core.api.Assertions.assertThat;

import egress.gate.Call;
import egress.gate.Caller;
import egress.gate.TwoOrigins;
import egress.testkit.wire.ReceivedResponse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Hangups of the packaged program while callers of both versions ask origins of both. */
final class ReloadUnderLoadIT {
    private static final int HANGUPS = 20;
    private static final long EVERY_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final int CALLERS = 8;
    private static final long PAUSE_NANOS = 3_000_000;

    @TempDir
    private Path directory;

    private final AtomicBoolean over = new AtomicBoolean();
    private final AtomicInteger answered = new AtomicInteger();
    private final List<String> failures = new ArrayList<>();

    /** The same two routes with a third that comes and goes. */
    private static String routes(int version) {
        return """
                routes:
                  - host: h1.example
                    matches: [{methods: [GET, POST]}]
                  - host: h2.example
                    matches: [{methods: [GET, POST]}]
                  - host: v%d.example
                """.formatted(version);
    }

    private static final String BROKEN = """
            routes:
              - host: h1.example
              - host: h2.example
                matches: [{method: [GET]}]
            """;

    @Test
    void twentyHangupsInTwentySecondsLoseNoRequest() throws Exception {
        try (Running running = new Running(directory, routes(0))) {
            running.child().port();
            List<Thread> callers = new ArrayList<>();
            for (int i = 0; i < CALLERS; i++) {
                String version = i % 2 == 0 ? "h1" : "h2";
                String host = i / 2 % 2 == 0 ? TwoOrigins.H1 : TwoOrigins.H2;
                callers.add(Thread.ofVirtual().start(() -> load(running, version, host)));
            }
            int broken = hangUp(running);
            over.set(true);
            for (Thread caller : callers) {
                caller.join();
            }
            synchronized (failures) {
                assertThat(failures).isEmpty();
            }
            System.out.println("reload under load: " + answered + " requests over " + HANGUPS + " hangups");
            assertThat(answered).hasValueGreaterThan(1_000);
            running.child().awaitErr("the routes stay as they were", broken);
            assertThat(running.child().awaitErr("routes.yaml:", broken))
                    .contains("routes.yaml:4: routes[1].matches[0]")
                    .contains("method");
        }
    }

    /** Rewritten in place and replaced by rename, whole and broken; each is awaited on stderr before the next. */
    private int hangUp(Running running) throws Exception {
        int broken = 0;
        long next = System.nanoTime();
        for (int i = 1; i <= HANGUPS; i++) {
            boolean breaks = i % 4 == 2;
            String text = breaks ? BROKEN : routes(i);
            if (i % 2 == 0) {
                Files.writeString(running.routes(), text);
            } else {
                Path other = Files.writeString(directory.resolve("next.yaml"), text);
                Files.move(other, running.routes(), StandardCopyOption.ATOMIC_MOVE);
            }
            running.child().signal("HUP");
            if (breaks) {
                broken++;
                running.child().awaitErr("the routes stay as they were", broken);
            } else {
                running.child().awaitErr("v" + i + ".example");
            }
            next += EVERY_NANOS;
            LockSupport.parkNanos(Math.max(1, next - System.nanoTime()));
        }
        return broken;
    }

    private void load(Running running, String version, String host) {
        byte[] body = new byte[20_000];
        try {
            while (!over.get()) {
                try (Caller caller = running.caller(version, host)) {
                    for (int i = 0; i < 100 && !over.get(); i++) {
                        ask(caller, i, body);
                        LockSupport.parkNanos(PAUSE_NANOS);
                    }
                }
            }
        } catch (IOException | InterruptedException | AssertionError e) {
            synchronized (failures) {
                failures.add(version + " to " + host + ": " + e);
            }
        }
    }

    private void ask(Caller caller, int turn, byte[] body) throws IOException {
        switch (turn % 4) {
            case 0 -> assertThat(caller.get("/bytes/30000").response().body()).hasSize(30_000);
            case 1 -> {
                Call call = caller.begin("POST", "/echo");
                call.write(body).end();
                assertThat(call.response().body()).isEqualTo(body);
            }
            case 2 ->
                assertThat(caller.get("/sse?n=3&interval=20").response().text()).contains("id: 2");
            default -> { // what no version of the file has ever allowed
                ReceivedResponse denied = caller.request("DELETE", "/echo").response();
                assertThat(denied.status()).isEqualTo(403);
                assertThat(denied.value("x-egress-deny")).contains("method_not_allowed");
            }
        }
        answered.incrementAndGet();
    }
}
