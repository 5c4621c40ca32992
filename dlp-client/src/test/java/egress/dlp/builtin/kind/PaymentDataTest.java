package egress.dlp.builtin.kind;

import static org.assertj.core.api.Assertions.assertThat;

import egress.dlp.Detector;
import egress.dlp.Finding;
import egress.dlp.Profile;
import egress.dlp.ScanOptions;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Numbers of cards and accounts: members that were drawn, and what only looks like them. */
final class PaymentDataTest {
    private static final long SEED = 20_261_130L;
    private static final int DRAWS = 40;
    private static final Detector GROUP = Detector.PAYMENT_DATA;

    private final Asked asked = new Asked();
    private final Random random = new Random(SEED);
    private final Drawn drawn = new Drawn(random);

    private static String grouped(String number, String separator, int... groups) {
        StringBuilder out = new StringBuilder();
        int at = 0;
        for (int group : groups) {
            out.append(at == 0 ? "" : separator).append(number, at, at + group);
            at += group;
        }
        return out.toString();
    }

    @ParameterizedTest
    @CsvSource({
        "4, 16",
        "51, 16",
        "55, 16",
        "2221, 16",
        "2720, 16",
        "34, 15",
        "37, 15",
        "6011, 16",
        "65, 16",
        "3530, 16",
        "62, 16",
        "2200, 16",
        "6759, 16",
        "5018, 16",
        "9792, 16",
        "60, 16"
    })
    void cardsAreFoundBare(String beginning, int length) {
        for (int i = 0; i < DRAWS; i++) {
            String number = drawn.luhn(beginning, length);
            for (String body : List.of(
                    number,
                    "It is " + number + ", thanks.",
                    "{\"number\":" + number + ",\"cvv\":123}",
                    "{\"card_number\":\"" + number + "\"}",
                    "number=" + number + "&exp=12%2F29",
                    "name,number\nAda," + number + ",12/29\n",
                    "{\"text\":\"mine:\\n" + number + "\\n\"}",
                    Base64.getEncoder().encodeToString(("card: " + number + " valid").getBytes(StandardCharsets.UTF_8)),
                    "/pay/" + number + "/now")) {
                assertThat(asked.names(GROUP, body)).as(body).containsExactly("card_number");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {" ", "-", "\u00a0"})
    void cardsAreFoundInGroups(String separator) {
        for (int i = 0; i < DRAWS; i++) {
            for (String number : List.of(
                    grouped(drawn.luhn("4", 16), separator, 4, 4, 4, 4),
                    grouped(drawn.luhn("53", 16), separator, 4, 4, 4, 4),
                    grouped(drawn.luhn("37", 15), separator, 4, 6, 5),
                    grouped(drawn.luhn("36", 14), separator, 4, 6, 4),
                    grouped(drawn.luhn("62", 19), separator, 4, 4, 4, 4, 3))) {
                for (String body : List.of(number, "pay with " + number + " please", "\"" + number + "\",")) {
                    assertThat(asked.names(GROUP, body)).as(body).containsExactly("card_number");
                }
            }
        }
    }

    @Test
    void unusualLengthsNeedAWordBesideThem() {
        for (int i = 0; i < DRAWS; i++) {
            String number = drawn.luhn("4", 13);
            assertThat(asked.names(GROUP, "value " + number)).isEmpty();
            assertThat(asked.names(GROUP, "visa " + number)).containsExactly("card_number");
        }
    }

    @Test
    void numbersInsideOthersOrIdsPass() {
        for (int i = 0; i < DRAWS; i++) {
            String card = drawn.luhn("4", 16);
            String other = drawn.luhn("52", 16);
            for (String body : List.of(
                    card + drawn.digits(4),
                    drawn.digits(3) + card,
                    "a" + card,
                    card + "b",
                    "req-" + card,
                    "img_" + card + ".png",
                    card + "-" + drawn.hex(8),
                    "0." + card,
                    "12." + card,
                    card + ".25",
                    "{\"order_id\": \"" + card + "\"}",
                    "{\"id\":" + other + "}",
                    "order number " + other,
                    "tracking number: " + card,
                    "x-request-id: " + card,
                    "#" + other,
                    grouped(card + other, " ", 4, 4, 4, 4, 4, 4, 4, 4),
                    "1234 " + grouped(card, " ", 4, 4, 4, 4),
                    grouped(card, " ", 4, 4, 4, 4) + " 1234",
                    grouped(card, " ", 3, 5, 4, 4),
                    grouped(card, " ", 8, 8))) {
                assertThat(asked.names(GROUP, body)).as(body).isEmpty();
            }
        }
    }

    @Test
    void numbersOfOtherThingsPass() {
        for (int i = 0; i < 200; i++) {
            String ean = "978" + drawn.digits(10);
            for (String body : List.of(
                    "17" + drawn.digits(11),
                    "17" + drawn.digits(14),
                    "2025110312" + drawn.digits(4),
                    "1" + drawn.digits(18),
                    new UUID(random.nextLong(), random.nextLong()).toString(),
                    drawn.hex(40),
                    drawn.hex(16) + "e",
                    "{\"v\":[0." + drawn.digits(16) + ",-0." + drawn.digits(17) + "]}",
                    ean,
                    "isbn " + ean,
                    "+49 30 " + drawn.digits(8),
                    "0" + drawn.digits(15),
                    "1" + drawn.digits(15),
                    "7" + drawn.digits(15),
                    Base64.getEncoder().encodeToString(drawn.bytes(200)))) {
                assertThat(asked.names(GROUP, body)).as(body).isEmpty();
            }
        }
    }

    @Test
    void aWrongCheckDigitPasses() {
        for (int i = 0; i < DRAWS; i++) {
            String card = drawn.luhn("4", 16);
            char last = (char) ('0' + (card.charAt(15) - '0' + 1 + random.nextInt(9)) % 10);
            assertThat(asked.names(GROUP, "card " + card.substring(0, 15) + last))
                    .isEmpty();
        }
    }

    @Test
    void accountsAreFoundByCountry() {
        Map<String, String> forms = Map.of(
                "DE",
                "18n",
                "FR",
                "10n11c2n",
                "GB",
                "4a14n",
                "NL",
                "4a10n",
                "IT",
                "1a10n12c",
                "ES",
                "20n",
                "PL",
                "24n",
                "NO",
                "11n",
                "MT",
                "4a5n18c",
                "CH",
                "5n12c");
        for (int i = 0; i < DRAWS; i++) {
            forms.forEach((country, form) -> {
                String iban = drawn.iban(country, form);
                String groups = iban.replaceAll("(.{4})(?=.)", "$1 ");
                for (String body : List.of(
                        iban,
                        "IBAN: " + groups,
                        "pay to " + groups + " today",
                        "{\"iban\":\"" + iban + "\"}",
                        groups.replace(' ', '-'))) {
                    assertThat(asked.names(GROUP, body)).as(body).containsExactly("iban");
                }
                String wrong = iban.substring(0, 2) + (iban.startsWith("50", 2) ? "51" : "50") + iban.substring(4);
                assertThat(asked.names(GROUP, wrong)).as(wrong).isEmpty();
                assertThat(asked.names(GROUP, iban + "7")).isEmpty();
                assertThat(asked.names(GROUP, "X" + iban)).isEmpty();
            });
        }
    }

    @Test
    void aListOfCardsOfOneLengthIsFoundToItsEnd() {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < 10; i++) {
            lines.append(drawn.luhn("4", 16)).append('\n');
        }
        List<Finding> found = asked.findings(
                lines.toString(), ScanOptions.listed(List.of(GROUP)).withEveryHit(true));
        assertThat(found).hasSize(10).allMatch(each -> each.span().isPresent());
    }

    @Test
    void warnsUnlessTheRouteListsItOrItsProfileIsStrict() {
        String body = "card: " + drawn.luhn("4", 16);
        assertThat(asked.outcome(body, ScanOptions.defaults())).isEqualTo("warns");
        assertThat(asked.outcome(body, ScanOptions.defaults().withProfile(Profile.QUIET)))
                .isEqualTo("warns");
        assertThat(asked.outcome(body, ScanOptions.defaults().withProfile(Profile.STRICT)))
                .isEqualTo("blocks");
        assertThat(asked.outcome(body, ScanOptions.listed(List.of(GROUP)))).isEqualTo("blocks");
        assertThat(asked.outcome(body, ScanOptions.listed(List.of(Detector.TOKEN_PATTERNS))))
                .isEqualTo("passes");
    }

    @Test
    void numbersForTestsOnlyWarnWhereTheGroupIsListed() {
        ScanOptions listed = ScanOptions.listed(List.of(GROUP));
        for (String body :
                List.of("4242 4242 4242 4242", "card 4111111111111111", "IBAN DE89 3704 0044 0532 0130 00")) {
            assertThat(asked.outcome(body, listed)).as(body).isEqualTo("warns");
            assertThat(asked.outcome(body, listed.withProfile(Profile.STRICT)))
                    .as(body)
                    .isEqualTo("blocks");
        }
    }
}
