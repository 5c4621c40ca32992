package egress.server.cli;

import egress.server.ask.Answer;
import egress.server.ask.OperatorQueue;
import egress.server.ask.QuestionFile;
import egress.server.ask.QuestionText;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** The live list: one question is chosen by its id, and a key answers that one and no other. */
final class AskWatch {
    private static final String CLEAR = "\033[H\033[2J";
    private static final Duration HOUR = Duration.ofHours(1);
    /** What was chosen without a key is not answered by one that was meant for another. */
    private static final long SETTLES_NANOS = 700_000_000L;

    private final OperatorQueue queue;
    private final Keys keys;
    private final PrintWriter out;
    private String chosen = "";
    private String said = "";
    private String drawn = "";
    private long chosenNanos;

    /** Where keys come from. */
    interface Keys {
        /** The next one; -1 where none came for a while. */
        int next() throws IOException;
    }

    AskWatch(OperatorQueue queue, Keys keys, PrintWriter out) {
        this.queue = queue;
        this.keys = keys;
        this.out = out;
    }

    /** Until {@code q}. */
    void run() throws IOException {
        while (true) {
            List<QuestionFile.Read> questions = queue.questions();
            choose(questions);
            draw(questions);
            int key = keys.next();
            if (key == 'q' || key == 4) {
                return;
            }
            if (key >= 0) {
                take(key, questions);
            }
        }
    }

    private void choose(List<QuestionFile.Read> questions) {
        boolean there = questions.stream().anyMatch(each -> each.question().id().equals(chosen));
        if (!there) {
            chosen = questions.isEmpty() ? "" : questions.getFirst().question().id();
            chosenNanos = System.nanoTime();
        }
    }

    private void draw(List<QuestionFile.Read> questions) {
        StringBuilder screen = new StringBuilder();
        Instant now = Instant.now();
        for (QuestionFile.Read each : questions) {
            boolean is = each.question().id().equals(chosen);
            screen.append(is ? "> " : "  ")
                    .append(QuestionText.line(each.question(), now))
                    .append('\n');
            if (is) {
                QuestionText.lines(each.question(), now)
                        .forEach(line -> screen.append("      ").append(line).append('\n'));
            }
        }
        if (questions.isEmpty()) {
            screen.append("no question waits\n");
        }
        screen.append("\nj/k choose   o once   h one hour   x until exit   d deny   q quit\n")
                .append(said);
        if (!screen.toString().equals(drawn)) {
            drawn = screen.toString();
            out.print(CLEAR + drawn);
            out.flush();
        }
    }

    private void take(int key, List<QuestionFile.Read> questions) {
        int at = 0;
        for (int i = 0; i < questions.size(); i++) {
            at = questions.get(i).question().id().equals(chosen) ? i : at;
        }
        switch (key) {
            case 'j' -> move(questions, at + 1);
            case 'k' -> move(questions, at - 1);
            case 'o' -> answer(questions, at, new Answer.AllowOnce(Optional.empty()), "allowed once");
            case 'h' -> answer(questions, at, new Answer.AllowFor(HOUR, Optional.empty()), "allowed for an hour");
            case 'x' -> answer(questions, at, new Answer.AllowUntilExit(Optional.empty()), "allowed until exit");
            case 'd' -> answer(questions, at, new Answer.Deny(""), "denied");
            default -> said = "";
        }
    }

    private void move(List<QuestionFile.Read> questions, int to) {
        if (to >= 0 && to < questions.size()) {
            chosen = questions.get(to).question().id();
            chosenNanos = 0;
        }
    }

    private void answer(List<QuestionFile.Read> questions, int at, Answer answer, String words) {
        if (questions.isEmpty()) {
            return;
        }
        if (chosenNanos != 0 && System.nanoTime() - chosenNanos < SETTLES_NANOS) {
            said = "another question is chosen now: press again";
            return;
        }
        QuestionFile.Read to = questions.get(at);
        try {
            queue.answer(to, answer);
            said = words + ": " + to.question().id();
        } catch (IOException e) {
            said = String.valueOf(e.getMessage());
        }
    }
}
