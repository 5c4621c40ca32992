package egress.server.cli;

import egress.dlp.Profile;
import egress.dlp.pipelock.PipelockMode;
import egress.exchange.UpstreamHttp;
import egress.server.config.DlpConfig;
import egress.server.config.Endpoint;
import egress.server.config.LogSettings;
import egress.upstream.Cidr;
import egress.upstream.ConnectTo;
import egress.upstream.NameSource;
import egress.upstream.UpstreamProxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** How the values of flags are read: one place, one kind of error sentence. */
final class OptionTypes {
    private static final Pattern DURATION = Pattern.compile("([0-9]{1,9})(ms|s|m|h)");
    private static final Pattern SIZE = Pattern.compile("([0-9]{1,9})([kKmM]?)");

    private OptionTypes() {}

    /** Teaches a command line, its subcommands too, to read the values. */
    static void register(CommandLine commandLine) {
        put(commandLine, Duration.class, OptionTypes::duration);
        put(commandLine, Bytes.class, OptionTypes::bytes);
        put(commandLine, Rate.class, Rate::parse);
        put(commandLine, Endpoint.class, Endpoint::parse);
        put(commandLine, Cidr.class, Cidr::parse);
        put(commandLine, ConnectTo.class, ConnectTo::parse);
        put(commandLine, NameSource.class, NameSource::parse);
        put(commandLine, UpstreamProxy.class, UpstreamProxy::parse);
        put(commandLine, UpstreamHttp.class, text -> oneOf(UpstreamHttp.class, text));
        put(commandLine, DlpConfig.Mode.class, text -> oneOf(DlpConfig.Mode.class, text));
        put(commandLine, PipelockMode.class, text -> oneOf(PipelockMode.class, text));
        put(commandLine, Profile.class, text -> oneOf(Profile.class, text));
        put(commandLine, LogSettings.Format.class, text -> oneOf(LogSettings.Format.class, text));
        put(commandLine, LogSettings.Lines.class, text -> oneOf(LogSettings.Lines.class, text));
        put(commandLine, Switchable.class, Switchable::parse);
        put(commandLine, Path.class, text -> CaLocation.expandHome(Path.of(text)));
    }

    private static <T> void put(CommandLine commandLine, Class<T> type, Function<String, T> parser) {
        ITypeConverter<T> converter = text -> {
            try {
                return parser.apply(text);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(String.valueOf(e.getMessage()));
            }
        };
        commandLine.registerConverter(type, converter);
    }

    /**
     * A length of time with its unit: {@code 250ms}, {@code 10s}, {@code 5m}, {@code 1h}.
     *
     * @throws IllegalArgumentException with the text and what was expected
     */
    static Duration duration(String text) {
        Matcher matcher = DURATION.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "\"" + text + "\" (expected: a number and a unit, such as 250ms, 10s, 5m or 1h)");
        }
        long number = Long.parseLong(matcher.group(1));
        Duration duration = switch (matcher.group(2)) {
            case "ms" -> Duration.ofMillis(number);
            case "s" -> Duration.ofSeconds(number);
            case "m" -> Duration.ofMinutes(number);
            default -> Duration.ofHours(number);
        };
        if (!duration.isPositive() || duration.compareTo(Duration.ofDays(365)) > 0) {
            throw new IllegalArgumentException("\"" + text + "\" (expected: more than 0, at most a year)");
        }
        return duration;
    }

    /** As {@link #duration} reads it, in the largest unit that fits. */
    static String text(Duration duration) {
        long millis = duration.toMillis();
        if (millis % 1000 != 0) {
            return millis + "ms";
        }
        long seconds = millis / 1000;
        if (seconds % 60 != 0 || seconds == 60) {
            return seconds + "s";
        }
        return seconds % 3600 == 0 ? seconds / 3600 + "h" : seconds / 60 + "m";
    }

    /**
     * A number of bytes; k and m are KiB and MiB.
     *
     * @throws IllegalArgumentException with the text and what was expected
     */
    static Bytes bytes(String text) {
        Matcher matcher = SIZE.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("\"" + text + "\" (expected: bytes, such as 65536, 64k or 1m)");
        }
        long factor = switch (matcher.group(2).toLowerCase(Locale.ROOT)) {
            case "k" -> 1 << 10;
            case "m" -> 1 << 20;
            default -> 1;
        };
        long value = Long.parseLong(matcher.group(1)) * factor;
        if (value < 1 || value > 1 << 30) {
            throw new IllegalArgumentException("\"" + text + "\" (expected: 1 byte to 1024m)");
        }
        return new Bytes((int) value);
    }

    private static <E extends Enum<E>> E oneOf(Class<E> type, String text) {
        for (E value : type.getEnumConstants()) {
            if (name(value).equals(text.toLowerCase(Locale.ROOT))) {
                return value;
            }
        }
        String names = Stream.of(type.getEnumConstants()).map(OptionTypes::name).collect(Collectors.joining(", "));
        throw new IllegalArgumentException("\"" + text + "\" (expected: one of " + names + ")");
    }

    /** As written on the command line. */
    static String name(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    /** A number of bytes, at most 1 GiB. */
    record Bytes(int count) {
        @Override
        public String toString() {
            if (count % (1 << 20) == 0) {
                return (count >> 20) + "m";
            }
            return count % (1 << 10) == 0 ? (count >> 10) + "k" : Integer.toString(count);
        }
    }

    /**
     * How many within how long.
     *
     * @param count 0 is off
     */
    record Rate(int count, Duration span) {
        private static final Pattern FORM = Pattern.compile("([1-9][0-9]{0,3})/(.+)");

        static Rate parse(String text) {
            if (text.equals("off")) {
                return new Rate(0, Duration.ofMinutes(10));
            }
            Matcher matcher = FORM.matcher(text);
            if (!matcher.matches()) {
                throw new IllegalArgumentException(
                        "\"" + text + "\" (expected: a number from 1 to 9999 and a time, such as 20/10m, or off)");
            }
            return new Rate(Integer.parseInt(matcher.group(1)), duration(matcher.group(2)));
        }

        @Override
        public String toString() {
            return count == 0 ? "off" : count + "/" + text(span);
        }
    }

    /** An endpoint that may be off. */
    record Switchable(Optional<Endpoint> endpoint) {
        static Switchable parse(String text) {
            return new Switchable(text.equals("off") ? Optional.empty() : Optional.of(Endpoint.parse(text)));
        }

        @Override
        public String toString() {
            return endpoint.map(Endpoint::toString).orElse("off");
        }
    }
}
