package egress.ca;

import org.jspecify.annotations.Nullable;

/** Hears of each leaf certificate that is minted, on the thread that mints it. */
@FunctionalInterface
public interface MintWatch {
    /** Hears of nothing. */
    MintWatch NONE = name -> failure -> {};

    /** A mint begins for this name. */
    Mint begins(String name);

    /** One mint. */
    @FunctionalInterface
    interface Mint {
        /** @param failure null where there is a leaf */
        void ended(@Nullable Throwable failure);
    }
}
