package egress.server.onboarding;

import egress.exchange.LocalSite;
import egress.share.Caller;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.function.Supplier;

/** {@code http://_egress.local/}: the trust kit, and what is allowed. */
public final class OnboardingSite implements LocalSite {
    private final TrustPages kit;
    private final Supplier<String> allowlist;

    /** @param allowlist the routes of the moment as JSON, without any secret */
    public OnboardingSite(TrustPages kit, Supplier<String> allowlist) {
        this.kit = kit;
        this.allowlist = allowlist;
    }

    @Override
    public Optional<Page> page(Caller caller, String path) {
        if (path.equals("/allowlist")) {
            return Optional.of(new Page("application/json", (allowlist.get() + "\n").getBytes(StandardCharsets.UTF_8)));
        }
        return kit.page(path).map(page -> new Page(page.contentType(), page.body()));
    }
}
