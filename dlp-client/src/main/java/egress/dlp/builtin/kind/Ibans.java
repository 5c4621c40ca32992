package egress.dlp.builtin.kind;

import egress.dlp.Profile.Likeness;
import egress.dlp.builtin.match.CharTables;
import egress.dlp.builtin.match.CheckDigits;
import egress.dlp.builtin.scan.Segment;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** Bank accounts by ISO 13616: a country, two check digits, and as many digits and letters as that country has. */
final class Ibans {
    /** By country, how its account numbers go: so many digits (n), capitals (a), or either (c). */
    private static final Map<String, String> FORMS = forms(
            "AD8n12c AE19n AL8n16c AT16n AZ4a20c BA16n BE12n BG4a6n8c BH4a14c BI23n BR23n1a1c BY4c4n16c CH5n12c CR18n CY8n16c CZ20n "
                    + "DE18n DJ23n DK14n DO4c20n EE16n EG25n ES20n FI14n FK2a12n FO14n FR10n11c2n GB4a14n GE2a16n GI4a15c GL14n "
                    + "GR7n16c GT24c HN4a20n HR17n HU24n IE4a14n IL19n IQ4a15n IS22n IT1a10n12c JO4a4n18c KW4a22c KZ3n13c LB4n20c "
                    + "LC4a24c LI5n12c LT16n LU3n13c LV4a13c LY21n MC10n11c2n MD20c ME18n MK3n10c2n MN16n MR23n MT4a5n18c MU4a19n3a "
                    + "NI4a20n NL4a10n NO11n OM3n16c PK4a16c PL24n PS4a21c PT21n QA4a21c RO4a16c RS18n RU14n15c SA2n18c SC4a20n3a "
                    + "SD14n SE20n SI15n SK20n SM1a10n12c SO19n ST21n SV4a20n TL19n TN20n TR6n16c UA6n19c VA18n VG4a16n XK16n "
                    + "YE4a4n18c");

    /** What documentation shows. */
    private static final Set<String> DOCUMENTED = Set.of(
            "DE89370400440532013000", "DE75512108001245126199", "DE02120300000000202051", "GB82WEST12345698765432",
            "GB29NWBK60161331926819", "GB33BUKB20201555555555", "FR1420041010050500013M02606", "FR7630006000011234567890189",
            "NL91ABNA0417164300", "ES9121000418450200051332", "CH9300762011623852957", "BE68539007547034",
            "IT60X0542811101000000123456", "AT611904300234573201", "PL61109010140000071219812874", "SE4550000000058398257466",
            "NO9386011117947", "DK5000400440116243", "IE29AIBK93115212345678", "FI2112345600000785",
            "PT50000201231234567890154", "LU280019400644750000");

    private static final int GROUP = 4;

    private final Hits hits;
    private final Segment s;
    private final byte[] b;

    Ibans(Hits hits) {
        this.hits = hits;
        this.s = hits.s();
        this.b = s.b();
    }

    private static Map<String, String> forms(String all) {
        Map<String, String> out = new HashMap<>();
        for (String each : all.split(" ", -1)) {
            out.put(each.substring(0, 2), written(each.substring(2)));
        }
        return Map.copyOf(out);
    }

    // 4a10n as aaaannnnnnnnnn
    private static String written(String form) {
        StringBuilder out = new StringBuilder("nn");
        int count = 0;
        for (char c : form.toCharArray()) {
            if (c <= '9') {
                count = count * 10 + c - '0';
            } else {
                out.repeat(c, count);
                count = 0;
            }
        }
        return out.toString();
    }

    /** A capital stands here at the beginning of a word. */
    void at(int start) {
        if (start + 4 > s.to() || b[start + 2] > '9') {
            return;
        }
        String country = Texts.latin(b, start, start + 2);
        String form = FORMS.get(country);
        if (form == null) {
            return;
        }
        byte[] number = new byte[form.length() + 2];
        number[0] = (byte) country.charAt(0);
        number[1] = (byte) country.charAt(1);
        int n = 2;
        int i = start + 2;
        while (n < number.length && i < s.to()) {
            boolean between = n % GROUP == 0 && (b[i] == ' ' || b[i] == '-');
            if (!between) {
                if (!fits(form.charAt(n - 2), b[i])) {
                    return;
                }
                number[n++] = b[i];
            }
            i++;
        }
        boolean whole = n == number.length && (i == s.to() || !CharTables.isWord(b[i]));
        if (whole && CheckDigits.iban(number)) {
            boolean documented = DOCUMENTED.contains(Texts.latin(number, 0, n));
            hits.add("iban", documented ? Likeness.EXAMPLE : Likeness.REAL, start, i, number);
        }
    }

    private static boolean fits(char kind, byte c) {
        boolean digit = c >= '0' && c <= '9';
        boolean letter = c >= 'A' && c <= 'Z';
        return kind == 'n' ? digit : kind == 'a' ? letter : digit || letter;
    }
}
