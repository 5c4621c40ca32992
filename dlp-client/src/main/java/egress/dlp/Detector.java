package egress.dlp;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * The groups of detectors. A new group is a row here, plus either rows of the detector file that name it or one class that reports
 * findings of it.
 */
public enum Detector {
    /** Well-known key shapes. */
    TOKEN_PATTERNS(Direction.OUTBOUND, Effect.BLOCKS, Effect.BLOCKS),
    /** A random value assigned to a telling name. */
    ASSIGNED_SECRETS(Direction.OUTBOUND, Effect.WARNS, Effect.BLOCKS),
    /** Private keys and seed phrases of wallets. */
    WALLET_KEYS(Direction.OUTBOUND, Effect.BLOCKS, Effect.BLOCKS, Effect.BLOCKS),
    /** Numbers of cards and bank accounts. */
    PAYMENT_DATA(Direction.OUTBOUND, Effect.WARNS, Effect.BLOCKS, Effect.BLOCKS),
    /** Addresses of wallets. */
    WALLET_ADDRESSES(Direction.OUTBOUND, Effect.NONE, Effect.BLOCKS, Effect.BLOCKS),
    /** Numbers that states give people, and tables of people. */
    PERSONAL_DATA(Direction.OUTBOUND, Effect.NONE, Effect.BLOCKS, Effect.BLOCKS),
    /** The values this process was given to guard. */
    KNOWN_SECRETS(Direction.OUTBOUND, Effect.BLOCKS, Effect.BLOCKS),
    /** High entropy. */
    ENTROPY(Direction.OUTBOUND, Effect.NONE, Effect.WARNS),
    /** CR or LF smuggled into the request line or a field; always on, and no route lists it. */
    STRUCTURE(Direction.ALWAYS, Effect.BLOCKS, Effect.BLOCKS),
    /** Phrases in a response that try to steer the agent. */
    NAIVE_INJECTION_DETECTION(Direction.INBOUND, Effect.WARNS, Effect.WARNS);

    private final Direction direction;
    private final Effect unlisted;
    private final Effect listed;
    private final Effect strict;

    Detector(Direction direction, Effect unlisted, Effect listed) {
        this(direction, unlisted, listed, unlisted);
    }

    /**
     * @param unlisted what its findings do on a route that lists no detectors
     * @param listed what its findings do on a route that lists it
     * @param strict what they do on a route that lists none and whose profile is {@link Profile#STRICT}
     */
    Detector(Direction direction, Effect unlisted, Effect listed, Effect strict) {
        this.direction = direction;
        this.unlisted = unlisted;
        this.listed = listed;
        this.strict = strict;
    }

    /** Where a route lists a detector: {@code outbound_detectors}, {@code inbound_detectors}, or nowhere. */
    public enum Direction {
        OUTBOUND,
        INBOUND,
        ALWAYS
    }

    /** What findings do. */
    enum Effect {
        NONE,
        WARNS,
        BLOCKS
    }

    /** The name as routes.yaml spells it. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Those that a route may list for that direction, in their order. */
    public static Set<Detector> of(Direction direction) {
        return all(each -> each.direction == direction);
    }

    /** Those of a request whose findings do that on a route that lists no detectors. */
    static Set<Detector> unlisted(Effect effect, Profile profile) {
        return all(each -> each.direction == Direction.OUTBOUND
                && (profile == Profile.STRICT ? each.strict : each.unlisted) == effect);
    }

    /** Those that can only warn. */
    static Set<Detector> warnOnly() {
        return all(each -> each.listed == Effect.WARNS);
    }

    private static Set<Detector> all(Predicate<Detector> which) {
        return Arrays.stream(values())
                .filter(which)
                .collect(Collectors.toCollection(() -> EnumSet.noneOf(Detector.class)));
    }
}
