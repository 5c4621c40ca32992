package egress.server.log;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.Layout;
import ch.qos.logback.core.LayoutBase;
import ch.qos.logback.core.encoder.LayoutWrappingEncoder;
import ch.qos.logback.core.spi.ContextAwareBase;
import egress.http.Printable;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logback without a file to parse, which would take a tenth of a second of the start: warnings on standard error, in the
 * form of the program's other lines.
 */
public final class LogbackSetup extends ContextAwareBase implements Configurator {
    /** Logback makes its parts by itself, so that nothing can be handed to them. */
    private static volatile boolean asJson;

    @Override
    public ExecutionStatus configure(LoggerContext context) {
        Line layout = new Line();
        layout.setContext(context);
        layout.start();
        context.getLogger(Logger.ROOT_LOGGER_NAME).addAppender(appender(context, layout));
        context.getLogger(Logger.ROOT_LOGGER_NAME).setLevel(Level.WARN);
        return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
    }

    private static Appender<ILoggingEvent> appender(LoggerContext context, Layout<ILoggingEvent> layout) {
        LayoutWrappingEncoder<ILoggingEvent> encoder = new LayoutWrappingEncoder<>();
        encoder.setContext(context);
        encoder.setLayout(layout);
        encoder.start();
        ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
        appender.setContext(context);
        appender.setTarget("System.err");
        appender.setEncoder(encoder);
        appender.start();
        return appender;
    }

    /** Also what the program's own classes say of their work. */
    public static void verbose() {
        if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
            context.getLogger("egress").setLevel(Level.DEBUG);
        }
    }

    /** From now on an object of JSON each. */
    public static void json() {
        asJson = true;
    }

    /** {@code egress: warn: words}, and the stack trace of an error, each line printable. */
    private static final class Line extends LayoutBase<ILoggingEvent> {
        private static final int DEEPEST = 40;

        @Override
        public String doLayout(ILoggingEvent event) {
            if (asJson) {
                String words = event.getLevel().levelStr.toLowerCase(Locale.ROOT) + ": " + event.getFormattedMessage();
                return Notices.json(new Notice.Said(words)) + "\n";
            }
            StringBuilder text = new StringBuilder("egress: ")
                    .append(event.getLevel().levelStr.toLowerCase(Locale.ROOT))
                    .append(": ")
                    .append(Printable.line(event.getFormattedMessage()))
                    .append('\n');
            var thrown = event.getThrowableProxy();
            if (thrown != null && event.getLevel().isGreaterOrEqual(Level.ERROR)) {
                var frames = thrown.getStackTraceElementProxyArray();
                for (int i = 0; i < Math.min(DEEPEST, frames.length); i++) {
                    text.append("egress:     ")
                            .append(frames[i].getSTEAsString())
                            .append('\n');
                }
            }
            return text.toString();
        }
    }
}
