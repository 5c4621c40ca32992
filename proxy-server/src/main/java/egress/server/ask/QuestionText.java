package egress.server.ask;

import egress.http.Printable;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** A question for a terminal: what comes from an agent is one line each, without control characters. */
public final class QuestionText {
    private static final int ID_SHOWN = 8;

    private QuestionText() {}

    /** One line: the beginning of the id, what is left of the time, who asks for what, and why not. */
    public static String line(Question question, Instant now) {
        Question.Who who = question.who();
        String name = who.bottle().isEmpty()
                ? who.caller().key()
                : who.bottle() + "/" + who.caller().key();
        String words = question.id()
                        .substring(0, Math.min(ID_SHOWN, question.id().length())) + "  "
                + left(question, now) + "  " + question.kind().code() + (question.waits() ? "" : " (later)") + "  "
                + name + "  " + request(question.wanted()) + "  "
                + question.reason().code()
                + (question.reason().fingerprint().isEmpty()
                        ? ""
                        : " " + question.reason().rule() + " in "
                                + question.reason().place() + " "
                                + question.reason().fingerprint())
                + (question.count() > 1 ? "  x" + question.count() : "");
        return Printable.line(words);
    }

    private static String left(Question question, Instant now) {
        long seconds = Math.max(0, Duration.between(now, question.deadline()).toSeconds());
        return seconds + "s";
    }

    private static String request(Question.Wanted wanted) {
        boolean usual = wanted.port() == (wanted.tls() ? 443 : 80);
        return wanted.method() + " " + (wanted.tls() ? "https://" : "http://") + wanted.host()
                + (usual ? "" : ":" + wanted.port()) + wanted.path() + (wanted.prefix() ? " and below" : "");
    }

    /** All of it. */
    public static List<String> lines(Question question, Instant now) {
        List<String> lines = new ArrayList<>();
        lines.add("ask " + question.id() + " (" + question.kind().code() + "), " + left(question, now) + " left");
        lines.add("  " + request(question.wanted()));
        Question.Who who = question.who();
        lines.add("  from " + who.caller().key() + (who.client().isEmpty() ? "" : " at " + who.client())
                + (who.bottle().isEmpty() ? "" : ", bottle " + who.bottle()));
        Question.Reason reason = question.reason();
        lines.add("  " + reason.code() + ": " + reason.words());
        if (!reason.fingerprint().isEmpty()) {
            lines.add("  " + reason.rule() + " in " + reason.place() + ", " + reason.fingerprint());
        }
        if (!question.justification().isEmpty()) {
            lines.add("  the agent says: " + question.justification());
        }
        lines.add("  asked " + question.count() + (question.count() == 1 ? " time, " : " times, ")
                + (question.waits() ? "and waits for the answer" : "and will be tried again"));
        if (!question.rule().isEmpty()) {
            lines.add("  the narrowest rule:");
            question.rule().lines().forEach(line -> lines.add("    " + line));
        }
        return lines.stream().map(Printable::line).toList();
    }
}
