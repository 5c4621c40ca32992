package egress.dlp.builtin.kind;

import java.util.List;
import java.util.function.Predicate;

/** Numbers that states give people: how each is written, what its check digits are, and what stands beside those that have weak ones. */
@SuppressWarnings("ImmutableEnumChecker") // unmodifiable lists, and functions without a state
enum NationalId {
    DE_TAX_ID("nnnnnnnnnnn|nn nnn nnn nnn", IdChecks::german, "steuer", "idnr", "steuer-id", "tax id", "tin"),
    FR_NIR("nnnnnnnnnnnnnnn|n nn nn nn nnn nnn nn", IdChecks::french),
    IT_CODICE_FISCALE("aaaaaannannannna", IdChecks::italian),
    ES_DNI("nnnnnnnna|nnnnnnnn-a", IdChecks::spanish),
    ES_NIE("annnnnnna|a-nnnnnnn-a|annnnnnn-a", IdChecks::spanishForeigner),
    NL_BSN("nnnnnnnnn", IdChecks::dutch, "bsn", "burgerservicenummer", "sofi", "sofinummer"),
    BE_NATIONAL_NUMBER("nn.nn.nn-nnn.nn|nnnnnnnnnnn", IdChecks::belgian),
    PL_PESEL("nnnnnnnnnnn", IdChecks::polish, "pesel"),
    SE_PERSONNUMMER(
            "nnnnnn-nnnn|nnnnnnnn-nnnn|nnnnnnnnnnnn",
            IdChecks::swedish,
            "personnummer",
            "pnr",
            "personal number",
            "ssn"),
    NO_FODSELSNUMMER("nnnnnnnnnnn|nnnnnn nnnnn", IdChecks::norwegian),
    FI_HETU("nnnnnn-nnnc|nnnnnnAnnnc", IdChecks::finnish),
    DK_CPR("nnnnnn-nnnn", IdChecks::danish, "cpr", "cpr-nummer", "personnummer"),
    UK_NHS("nnn nnn nnnn|nnn-nnn-nnnn|nnnnnnnnnn", IdChecks::british, "nhs"),
    UK_NINO(
            "aannnnnna|aa nn nn nn a",
            IdChecks::insurance,
            "national insurance",
            "nino",
            "ni number",
            "insurance number"),
    US_SSN(
            "nnn-nn-nnnn|nnn nn nnnn|nnnnnnnnn",
            IdChecks::american,
            "ssn",
            "social security",
            "social-security",
            "social_security"),
    BR_CPF("nnn.nnn.nnn-nn", IdChecks::brazilian),
    BR_CPF_BARE("nnnnnnnnnnn", IdChecks::brazilian, "cpf"),
    IN_AADHAAR("nnnn nnnn nnnn|nnnn-nnnn-nnnn|nnnnnnnnnnnn", IdChecks::indian, "aadhaar", "aadhar", "uidai"),
    CN_RESIDENT_ID("nnnnnnnnnnnnnnnnnc", IdChecks::chinese),
    ZA_ID(
            "nnnnnnnnnnnnn|nnnnnn nnnn nnn",
            IdChecks::southAfrican,
            "south african",
            "sa id",
            "rsa id",
            "id number",
            "identity number"),
    CA_SIN("nnn nnn nnn|nnn-nnn-nnn|nnnnnnnnn", IdChecks::canadian, "sin", "social insurance"),
    AU_TFN("nnn nnn nnn|nnnnnnnnn", IdChecks::australian, "tfn", "tax file");

    private final List<String> forms;
    private final Predicate<String> check;
    private final List<String> context;

    /**
     * @param forms how it is written: n is a digit, a a letter, c either
     * @param check over its letters and digits
     * @param context of which one must stand beside it; none where the check digits are enough
     */
    NationalId(String forms, Predicate<String> check, String... context) {
        this.forms = List.of(forms.split("[|]", -1));
        this.check = check;
        this.context = List.of(context);
    }

    List<String> forms() {
        return forms;
    }

    boolean checks(String text) {
        return check.test(text);
    }

    List<String> context() {
        return context;
    }
}
