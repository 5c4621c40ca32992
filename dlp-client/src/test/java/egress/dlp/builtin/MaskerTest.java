package egress.dlp.builtin;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

final class MaskerTest {
    private final Fixture fixture = new Fixture();
    private final Masker masker = new Masker(fixture.scanner);

    @Test
    void masksTokensAndKnownSecretsWhereTheyStand() {
        String text = "a=" + fixture.token() + "&b=" + Fixture.KNOWN + "&c=3";
        assertThat(masker.mask(text)).isEqualTo("a=********&b=********&c=3");
    }

    @Test
    void masksWhatIsEncodedWithAllOfItsEncoding() {
        String encoded = Dress.base64("the key is " + fixture.token());
        assertThat(masker.mask("x " + encoded + " y"))
                .startsWith("x ")
                .endsWith(" y")
                .doesNotContain(encoded.substring(0, 30));
    }

    @Test
    void masksEverythingWhenPiecesLieApart() {
        String token = fixture.token();
        String text = "[\"" + token.substring(0, 20) + "\",\"" + token.substring(20) + "\"]";
        assertThat(masker.mask(text)).doesNotContain(token.substring(4, 20)).doesNotContain(token.substring(20));
    }

    @Test
    void masksSecretsAmongCharactersBeyondSingleBytes() {
        String token = fixture.token();
        assertThat(masker.mask("\u65e5\u672c " + token + " \u20ac")).isEqualTo("\u65e5\u672c ******** \u20ac");
        assertThat(masker.mask("caf\u00e9 " + token)).isEqualTo("caf\u00e9 ********");
    }

    @Test
    void leavesWhatOnlyWarns() {
        String text = "password=correct-Horse7battery";
        assertThat(masker.mask(text)).isSameAs(text);
    }

    @Test
    void guardsTheSecretsItIsGiven() {
        byte[] secret = Fixture.latin("J7#kq-Vw93!zT");
        Masker alone = Masker.of(List.of(secret));
        assertThat(alone.mask("user=a&x=J7#kq-Vw93!zT&y=1")).isEqualTo("user=a&x=********&y=1");
        assertThat(alone.mask(Dress.base64("x:J7#kq-Vw93!zT")))
                .doesNotContain(Dress.base64("J7#kq-Vw93!zT").substring(0, 12));
    }

    @Test
    void masksTheBeginningOfATokenWithAllThatGoesOnFromIt() {
        assertThat(masker.mask("see (ghp_0123456789ab.cd/e)")).isEqualTo("see (********)");
        assertThat(masker.mask(fixture.token() + ".more")).isEqualTo("********");
    }

    @Test
    void masksTextBeyondSingleBytesToo() {
        assertThat(masker.mask("\u2026 " + fixture.token() + " \u20ac")).isEqualTo("\u2026 ******** \u20ac");
    }

    @Test
    void leavesTheRestAsItIs() {
        byte[] clean = Fixture.latin("nothing to hide, not even ghp_xxxxxxxx");
        assertThat(masker.mask(clean)).isSameAs(clean);
        assertThat(masker.mask("")).isEmpty();
    }
}
