package egress.dlp.builtin.people;

import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** What the name of a column says that is in it. */
enum ColumnRole {
    /** The column has no name. */
    UNNAMED,
    NAME,
    /** A given name or a family name. */
    NAME_PART,
    BIRTH,
    MAIL,
    PHONE,
    OTHER;

    private static final int LONGEST = 40;

    private static final Set<String> NAMES = Set.of(
            "name",
            "names",
            "fn",
            "fullname",
            "displayname",
            "realname",
            "legalname",
            "customername",
            "patientname",
            "employeename",
            "clientname",
            "membername",
            "studentname",
            "contactname",
            "personname",
            "guestname",
            "passengername",
            "cardholdername",
            "accountholder",
            "customer",
            "patient",
            "employee",
            "person",
            "contact",
            "contactperson",
            "client",
            "member",
            "student",
            "guest",
            "applicant",
            "tenant",
            "candidate",
            "subscriber",
            "holder",
            "nombrecompleto",
            "nombreyapellidos",
            "nomcomplet",
            "nometprenom",
            "nomprenom",
            "vollstandigername",
            "ansprechpartner",
            "kunde",
            "patientin",
            "mitarbeiter",
            "naam",
            "volledigenaam",
            "nome",
            "nomecompleto",
            "imieinazwisko",
            "namn",
            "navn",
            "nimi",
            "имя",
            "фио",
            "姓名",
            "名前",
            "氏名");

    private static final Set<String> PARTS = Set.of(
            "first",
            "firstname",
            "fname",
            "givenname",
            "given",
            "forename",
            "middlename",
            "last",
            "lastname",
            "lname",
            "surname",
            "familyname",
            "vorname",
            "nachname",
            "familienname",
            "prenom",
            "nom",
            "nomdefamille",
            "nombre",
            "nombres",
            "apellido",
            "apellidos",
            "cognome",
            "voornaam",
            "achternaam",
            "imie",
            "nazwisko",
            "fornamn",
            "efternamn",
            "fornavn",
            "etternavn",
            "etunimi",
            "sukunimi",
            "sobrenome",
            "фамилия");

    private static final List<String> BIRTHS = List.of(
            "birth",
            "geburt",
            "geboren",
            "naissance",
            "nacimiento",
            "nascita",
            "nascimento",
            "geboorte",
            "fodelse",
            "fodsel",
            "syntyma",
            "urodzenia",
            "рождения",
            "生年月日",
            "出生");

    private static final List<String> PLACES =
            List.of("place", "city", "country", "ort", "lieu", "lugar", "luogo", "plaats", "name", "weight");

    private static final List<String> PHONES = List.of(
            "phone",
            "telefon",
            "mobile",
            "handy",
            "handynummer",
            "rufnummer",
            "celular",
            "portable",
            "puhelin",
            "телефон",
            "电话",
            "電話");

    private static final Set<String> SHORT_PHONES =
            Set.of("tel", "telnr", "telno", "cell", "gsm", "mobil", "movil", "whatsapp");

    /** By the name's letters, without accents. */
    static ColumnRole of(byte[] b, int from, int to) {
        if (to - from > LONGEST) {
            return OTHER;
        }
        String letters = letters(b, from, to);
        if (letters.isEmpty()) {
            return OTHER;
        }
        if (letters.equals("dob")
                || letters.equals("born")
                || letters.endsWith("dob")
                || any(BIRTHS, letters) && !any(PLACES, letters)) {
            return BIRTH;
        }
        if (letters.contains("mail") || letters.equals("correo") || letters.equals("courriel")) {
            return MAIL;
        }
        if (SHORT_PHONES.contains(letters) || any(PHONES, letters)) {
            return PHONE;
        }
        if (PARTS.contains(letters)) {
            return NAME_PART;
        }
        return NAMES.contains(letters) ? NAME : OTHER;
    }

    private static boolean any(List<String> words, String letters) {
        return words.stream().anyMatch(letters::contains);
    }

    private static String letters(byte[] b, int from, int to) {
        boolean ascii = true;
        StringBuilder out = new StringBuilder();
        for (int i = from; i < to; i++) {
            ascii &= b[i] >= 0;
            if (isLetter(b[i])) {
                out.append((char) (b[i] | 32));
            }
        }
        if (ascii) {
            return out.toString();
        }
        String text = Normalizer.normalize(new String(b, from, to - from, StandardCharsets.UTF_8), Normalizer.Form.NFD);
        out.setLength(0);
        text.codePoints().filter(Character::isLetter).forEach(out::appendCodePoint);
        return out.toString().toLowerCase(Locale.ROOT);
    }

    private static boolean isLetter(byte c) {
        return (c | 32) >= 'a' && (c | 32) <= 'z';
    }
}
