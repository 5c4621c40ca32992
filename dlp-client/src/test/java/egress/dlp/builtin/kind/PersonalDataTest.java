package egress.dlp.builtin.kind;

import static org.assertj.core.api.Assertions.assertThat;

import egress.dlp.Detector;
import egress.dlp.Profile;
import egress.dlp.ScanOptions;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Numbers that states give people: members of each, with a digit changed, and what only looks like them. */
final class PersonalDataTest {
    private static final Detector GROUP = Detector.PERSONAL_DATA;

    private final Asked asked = new Asked();
    private final Random random = new Random(20_261_130L);
    private final Drawn drawn = new Drawn(random);

    @ParameterizedTest
    @CsvSource({
        "de_tax_id, Steuer-ID: 86095742719",
        "de_tax_id, steuer-id 86 095 742 719",
        "fr_nir, numéro 255081416802538",
        "fr_nir, numéro 2 55 08 14 168 025 38",
        "it_codice_fiscale, codice RSSMRA85T10A562S",
        "es_dni, DNI 12345678Z",
        "es_nie, NIE X1234567L",
        "nl_bsn, BSN 111222333",
        "be_national_number, nr 85.07.30-033.28",
        "pl_pesel, PESEL 44051401359",
        "se_personnummer, personnummer 811228-9874",
        "fi_hetu, hetu 131052-308T",
        "uk_nhs, NHS number 943 476 5919",
        "uk_nino, national insurance AB 12 34 56 C",
        "us_ssn, SSN: 536-22-8726",
        "br_cpf, n. 111.444.777-35",
        "br_cpf, CPF 11144477735",
        "in_aadhaar, Aadhaar 9999 4105 7058",
        "cn_resident_id, no 11010519491231002X",
        "za_id, South African id number 8001015009087",
        "ca_sin, SIN 130 692 544",
        "au_tfn, TFN 123 456 782",
    })
    void numbersAreFoundWhereARouteListsThem(String name, String text) {
        String body = "{\"note\": \"" + text + "\"}";
        assertThat(asked.names(GROUP, body)).as(body).contains(name);
        assertThat(asked.outcome(body, ScanOptions.defaults().withProfile(Profile.STRICT)))
                .isEqualTo("blocks");
        if (!name.equals("us_ssn") && !name.equals("uk_nino")) {
            int last = text.length() - 2;
            while (!Character.isDigit(text.charAt(last))) {
                last--;
            }
            String wrong = text.substring(0, last)
                    + (char) ('0' + (text.charAt(last) - '0' + 1) % 10)
                    + text.substring(last + 1);
            assertThat(asked.names(GROUP, wrong)).as(wrong).doesNotContain(name);
        }
    }

    @Test
    void theGroupIsOffUnlessARouteListsIt() {
        assertThat(asked.outcome("SSN: 536-22-8726", ScanOptions.defaults())).isEqualTo("passes");
    }

    @Test
    void numbersOfOtherThingsPass() {
        for (int i = 0; i < 200; i++) {
            for (String body : List.of(
                    "phone 536-22-8726",
                    "17" + drawn.digits(8),
                    "17" + drawn.digits(11),
                    "order " + drawn.digits(9),
                    "{\"id\": " + drawn.digits(10) + "}",
                    "v" + drawn.digits(3) + "." + drawn.digits(3) + "." + drawn.digits(3),
                    "2025-11-03T12:30:00." + drawn.digits(9) + "Z",
                    new UUID(random.nextLong(), random.nextLong()).toString(),
                    drawn.hex(40),
                    "0." + drawn.digits(15))) {
                assertThat(asked.names(GROUP, body)).as(body).isEmpty();
            }
        }
    }
}
