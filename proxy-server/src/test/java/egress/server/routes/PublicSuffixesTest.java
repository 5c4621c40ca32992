package egress.server.routes;

import static org.assertj.core.api.Assertions.assertThat;

import egress.policy.Route;
import java.io.IOException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whose the names of a pattern are. */
final class PublicSuffixesTest {
    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource({
        "*.example.com, OF_ONE_OWNER",
        "**.example.co.uk, OF_ONE_OWNER",
        "*.eu-west-1.example, OF_ONE_OWNER",
        "**.example, OF_ONE_OWNER",
        "**.svc.internal, OF_ONE_OWNER",
        "*.www.ck, OF_ONE_OWNER", // an exception of *.ck
        "*.my-bucket.s3.amazonaws.com, OF_ONE_OWNER",
        "*.somebody.github.io, OF_ONE_OWNER",
        "*.github.com, OF_ONE_OWNER",
        "*.com, OF_A_REGISTRY",
        "**.uk, OF_A_REGISTRY",
        "*.co.uk, OF_A_REGISTRY",
        "*.ck, OF_A_REGISTRY",
        "*.co.ck, OF_A_REGISTRY", // by *.ck
        "**.kobe.jp, OF_A_REGISTRY", // above *.kobe.jp
        "*.kobe.jp, OF_A_REGISTRY",
        "*.younger-than-the-list, OF_A_REGISTRY",
        "*.xn--55qx5d.cn, OF_A_REGISTRY", // not written in ASCII there
        "*.github.io, OF_ANYBODY",
        "*.s3.amazonaws.com, OF_ANYBODY",
        "**.amazonaws.com, OF_ANYBODY", // above many of them
        "*.amazonaws.com, OF_ANYBODY", // s3.amazonaws.com is one of its names
        "*.blob.core.windows.net, OF_ANYBODY",
        "**.cloudfront.net, OF_ANYBODY",
        "*.herokuapp.com, OF_ANYBODY",
    })
    void aPatternIsAsOpenAsTheListSays(String pattern, String whose) throws IOException {
        assertThat(PublicSuffixes.load()
                        .under(Route.pattern(pattern)
                                .build()
                                .patterns()
                                .getFirst()
                                .names()))
                .isEqualTo(PublicSuffixes.Names.valueOf(whose));
    }
}
