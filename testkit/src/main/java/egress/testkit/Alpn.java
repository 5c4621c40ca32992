package egress.testkit;

import java.util.List;

/** The application protocols an origin offers, the best first. */
public enum Alpn {
    H2_AND_H1,
    H2,
    H1,
    /** No ALPN extension in the answer: h1. */
    NONE;

    /** Their ALPN names. */
    public List<String> protocols() {
        return switch (this) {
            case H2_AND_H1 -> List.of("h2", "http/1.1");
            case H2 -> List.of("h2");
            case H1 -> List.of("http/1.1");
            case NONE -> List.of();
        };
    }
}
