package egress.server.ask;

import egress.policy.Match;
import egress.policy.Matcher;
import egress.server.config.AskConfig;
import egress.server.evidence.GrantedRule;
import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** A desk, and the thread that brings its questions to the queue and answers from there: no event loop waits for a file. */
public final class AskService implements AutoCloseable {
    private static final long TICK_MILLIS = 100;
    /** Where no question is open, an answer is late at best. */
    private static final int IDLE_TICKS = 20;

    private static final int MOST_EVENTS = 10_000;

    private final AskDesk desk;
    private final Optional<QueueDirectory> queue;
    private final UnaryOperator<String> masker;
    private final Consumer<AskEvent> events;
    private final Notes notes = new Notes();
    private final Semaphore wake = new Semaphore(0);
    private final Thread thread;
    private final Set<String> written = new LinkedHashSet<>();
    private volatile boolean stopping;
    private int ticks;
    private boolean troubled;

    private AskService(
            DeskSettings settings,
            Optional<QueueDirectory> queue,
            UnaryOperator<String> masker,
            Consumer<AskEvent> events) {
        this.desk = new AskDesk(settings, notes);
        this.queue = queue;
        this.masker = masker;
        this.events = events;
        this.thread = Thread.ofPlatform().daemon().name("egress-ask").unstarted(this::run);
    }

    /**
     * Opens the desk, where anybody can answer.
     *
     * @param page whether the operator's page is served
     * @param random a secure one
     * @param masker takes secrets out of a text; called on the desk's own thread
     * @param events receives what happens to questions and answers, on the same thread
     * @return empty where no operator can answer: then asking is a denial
     * @throws IOException where the queue cannot be had, with a sentence that names the flag
     */
    public static Optional<AskService> start(
            AskConfig config,
            boolean page,
            InstantSource clock,
            RandomGenerator random,
            UnaryOperator<String> masker,
            Consumer<AskEvent> events)
            throws IOException {
        // A child of the gate's own user could write its own answers, and read the token of the page.
        boolean ofChild = config.ofChild();
        if (config.queue().isEmpty() && (!page || ofChild)) {
            return Optional.empty();
        }
        Optional<QueueDirectory> queue = Optional.empty();
        if (config.queue().isPresent()) {
            QueueDirectory opened = QueueDirectory.open(config.queue().get(), config.owner());
            if (ofChild && opened.owner() == opened.gate()) {
                opened.close();
                return Optional.empty();
            }
            queue = Optional.of(opened);
        }
        DeskSettings settings =
                new DeskSettings(config.timeout(), config.bottle(), page && !ofChild, clock, System::nanoTime, random);
        AskService service = new AskService(settings, queue, masker, events);
        service.thread.start();
        return Optional.of(service);
    }

    public AskDesk desk() {
        return desk;
    }

    private void run() {
        try {
            while (!stopping) {
                wake.tryAcquire(TICK_MILLIS, TimeUnit.MILLISECONDS);
                wake.drainPermits();
                turn();
            }
        } catch (InterruptedException e) {
            // closed
        }
        turn();
        tidy();
    }

    private interface Step {
        void take() throws IOException;
    }

    /** One look at everything. */
    private void turn() {
        attempt(desk::tick);
        attempt(this::show);
        attempt(this::take);
        attempt(this::withdraw);
        attempt(this::grants);
        attempt(this::tell);
    }

    /** Whatever goes wrong in it is no reason for the thread to end, nor for the next step to wait. */
    private void attempt(Step step) {
        try {
            step.take();
        } catch (IOException | RuntimeException e) {
            trouble(e.getMessage() == null ? e.toString() : e.getMessage());
        }
    }

    private void trouble(String words) {
        if (!troubled) {
            troubled = true;
            tell(new AskEvent("refused", "the queue of questions: " + words, Map.of()));
        }
    }

    private void show() {
        for (OpenQuestion each : desk.changed()) {
            Question masked = masked(each);
            boolean isNew = each.shown == null;
            try {
                if (queue.isPresent()) {
                    queue.get().put(masked);
                    written.add(masked.id());
                }
            } catch (IOException e) {
                trouble(String.valueOf(e.getMessage()));
                desk.unshowable(masked.id(), "the question cannot be shown to an operator");
                continue;
            }
            troubled = false;
            if (desk.show(each, masked) && isNew) {
                tell(event("asked", masked, words(masked)));
            }
        }
    }

    private void take() throws IOException {
        if (queue.isEmpty() || desk.open().isEmpty() && ticks++ % IDLE_TICKS != 0) {
            return;
        }
        for (QueueDirectory.Found found : queue.get().take()) {
            switch (found) {
                case QueueDirectory.Found.Valid valid -> desk.answered(valid.id(), valid.answer(), "queue");
                case QueueDirectory.Found.Invalid invalid -> desk.forged(invalid.id(), invalid.fault());
            }
        }
    }

    /** Questions that are over are taken away. */
    private void withdraw() throws IOException {
        for (String id : notes.takeEnded()) {
            if (queue.isPresent() && written.remove(id)) {
                queue.get().remove(id);
            }
        }
    }

    private void grants() throws IOException {
        if (notes.takeGrantsChanged() && queue.isPresent()) {
            queue.get().grants(GrantsFile.write(desk.granted(), masker));
        }
    }

    private void tell() {
        for (AskEvent event; (event = notes.nextEvent()) != null; ) {
            tell(event);
        }
        for (Runnable action; (action = notes.nextAction()) != null; ) {
            action.run();
        }
    }

    private void tell(AskEvent event) {
        Map<String, String> fields = new LinkedHashMap<>();
        event.fields().forEach((name, value) -> fields.put(name, masker.apply(value)));
        events.accept(new AskEvent(event.name(), masker.apply(event.words()), fields));
    }

    private void tidy() {
        queue.ifPresent(directory -> {
            try {
                directory.close();
            } catch (IOException e) {
                trouble(String.valueOf(e.getMessage()));
            }
        });
    }

    /** The question without any secret in it, and with what a routes file would say. */
    private Question masked(OpenQuestion is) {
        Question question = is.question;
        Question.Wanted wanted = question.wanted();
        Question.Reason reason = question.reason();
        return new Question(
                question.id(),
                question.time(),
                question.deadline(),
                question.kind(),
                question.waits(),
                question.who(),
                new Question.Wanted(
                        wanted.tls(),
                        wanted.host(),
                        wanted.port(),
                        wanted.method(),
                        masker.apply(wanted.path()),
                        wanted.prefix()),
                new Question.Reason(
                        reason.code(),
                        masker.apply(reason.words()),
                        masker.apply(reason.rule()),
                        masker.apply(reason.place()),
                        reason.fingerprint()),
                suggested(is),
                masker.apply(question.justification()),
                question.count());
    }

    private String suggested(OpenQuestion is) {
        Question question = is.question;
        List<Matcher> paths = new ArrayList<>();
        for (Matcher path : is.rule().paths()) {
            paths.add(
                    switch (path) {
                        case Matcher.Exact exact -> new Matcher.Exact(masker.apply(exact.value()));
                        case Matcher.Prefix prefix -> new Matcher.Prefix(masker.apply(prefix.value()));
                        case Matcher.Regex regex -> regex;
                    });
        }
        GrantedRule rule = new GrantedRule(
                GrantedRule.hostOf(question.wanted().host(), question.wanted().port()),
                question.wanted().tls(),
                new Match(paths, is.rule().methods(), List.of()),
                question.reason().fingerprint());
        return switch (question.kind()) {
            case ROUTE -> question.reason().code().equals("host_not_allowed") ? rule.route() : rule.entry();
            case TOKEN -> rule.allowance();
            case LOCK -> "";
        };
    }

    private static String words(Question question) {
        Question.Wanted wanted = question.wanted();
        return "ask " + question.id() + ": " + question.who().caller() + " asks for " + wanted.method() + " "
                + (wanted.tls() ? "https://" : "http://") + wanted.host() + ":" + wanted.port() + wanted.path() + " ("
                + question.reason().words() + ")";
    }

    private static AskEvent event(String name, Question question, String words) {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("ask", question.id());
        fields.put("kind", question.kind().code());
        fields.put("caller", question.who().caller().key());
        fields.put("client", question.who().client());
        fields.put("method", question.wanted().method());
        fields.put("host", question.wanted().host());
        fields.put("port", Integer.toString(question.wanted().port()));
        fields.put("path", question.wanted().path());
        fields.put("code", question.reason().code());
        fields.put("fingerprint", question.reason().fingerprint());
        return new AskEvent(name, words, fields);
    }

    /** Ends every question with a no, and takes the files away. */
    @Override
    public void close() {
        desk.close();
        stopping = true;
        wake.release();
        try {
            thread.join(TimeUnit.SECONDS.toMillis(2));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** What the desk leaves to this thread. */
    private final class Notes implements DeskLog {
        private final Queue<AskEvent> said = new ArrayDeque<>();
        private final Queue<Runnable> actions = new ArrayDeque<>();
        private final Set<String> over = new LinkedHashSet<>();
        private boolean grantsChanged;
        private long unsaid;

        @Override
        public void changed() {
            if (wake.availablePermits() == 0) {
                wake.release();
            }
        }

        @Override
        public synchronized void grantsChanged() {
            grantsChanged = true;
        }

        @Override
        public synchronized void ended(String id) {
            over.add(id);
            grantsChanged = true;
        }

        @Override
        public void answered(Question question, String answer, String by, String why) {
            AskEvent event = event(
                    "answered",
                    question,
                    "ask " + question.id() + ": " + answer + " (by the " + by + ")"
                            + (why.isEmpty() ? "" : ": " + why));
            Map<String, String> fields = new LinkedHashMap<>(event.fields());
            fields.put("answer", answer);
            fields.put("by", by);
            fields.put("why", why);
            say(new AskEvent(event.name(), event.words(), fields));
        }

        @Override
        public void expired(Question question, String words) {
            say(event("expired", question, "ask " + question.id() + ": " + words));
        }

        @Override
        public void used(Grants.Held grant) {
            Map<String, String> fields = new LinkedHashMap<>();
            fields.put("ask", grant.grant().name());
            fields.put("kind", grant.kind().code());
            fields.put("caller", grant.caller().key());
            fields.put("host", grant.authority().host());
            fields.put("port", Integer.toString(grant.authority().port()));
            fields.put("fingerprint", grant.fingerprint());
            say(new AskEvent("used", "ask " + grant.grant().name() + ": the grant is used", fields));
            grantsChanged();
        }

        @Override
        public void refused(String id, String fault) {
            say(new AskEvent("refused", "ask " + id + ": an answer is refused: " + fault, Map.of("ask", id)));
        }

        @Override
        public synchronized void later(Runnable action) {
            actions.add(action);
        }

        private synchronized void say(AskEvent event) {
            if (said.size() < MOST_EVENTS) {
                said.add(event);
            } else {
                unsaid++;
            }
        }

        @Nullable
        synchronized AskEvent nextEvent() {
            AskEvent next = said.poll();
            if (next == null && unsaid > 0) {
                next = new AskEvent(
                        "refused", unsaid + " events of questions were not logged: too many at once", Map.of());
                unsaid = 0;
            }
            return next;
        }

        @Nullable
        synchronized Runnable nextAction() {
            return actions.poll();
        }

        synchronized List<String> takeEnded() {
            List<String> all = List.copyOf(over);
            over.clear();
            return all;
        }

        synchronized boolean takeGrantsChanged() {
            boolean was = grantsChanged;
            grantsChanged = false;
            return was;
        }
    }
}
