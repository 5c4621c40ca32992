package egress.dlp.builtin.people;

import static org.assertj.core.api.Assertions.assertThat;

import egress.dlp.Detector;
import egress.dlp.Finding;
import egress.dlp.Profile;
import egress.dlp.ScanOptions;
import egress.dlp.builtin.kind.Asked;
import egress.dlp.builtin.people.People.Person;
import java.time.LocalDate;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tables of people in every form that tables are written in, and tables of other things. */
final class PeopleTablesTest {
    private static final Detector GROUP = Detector.PERSONAL_DATA;
    private static final long SEED = Long.getLong("egress.people.seed", 20_261_130L);

    private final Asked asked = new Asked();

    private static final Map<String, Function<List<Person>, String>> FORMS = forms();

    private static Map<String, Function<List<Person>, String>> forms() {
        Map<String, Function<List<Person>, String>> forms = new TreeMap<>();
        forms.put(
                "CSV",
                p -> "id,name,date_of_birth,email,phone\n"
                        + lines(
                                p,
                                "\n",
                                x -> x.number() + "," + x.name() + "," + x.born() + "," + x.mail() + "," + x.phone())
                        + "\n");
        forms.put("CSV, names and births", p -> "Full Name,DOB\r\n" + lines(p, "\r\n", x -> x.name() + "," + x.born()));
        forms.put(
                "CSV, quoted",
                p -> "\"first_name\",\"last_name\",\"mobile\"\n"
                        + lines(p, "\n", x -> "\"" + x.given() + "\",\"" + x.family() + "\",\"" + x.phone() + "\""));
        forms.put(
                "CSV, the family name first",
                p -> "name;phone\n" + lines(p, "\n", x -> "\"" + x.family() + ", " + x.given() + "\";" + x.phone()));
        forms.put(
                "CSV in German",
                p -> "Kundennummer;Vorname;Nachname;Geburtsdatum;Ort\n"
                        + lines(
                                p,
                                "\n",
                                x -> x.number() + ";" + x.given() + ";" + x.family() + ";" + german(x.born())
                                        + ";Köln"));
        forms.put(
                "CSV in French",
                p -> "Nom;Prénom;Téléphone\n"
                        + lines(
                                p,
                                "\n",
                                x -> x.family() + ";" + x.given() + ";"
                                        + x.phone().replace("+49 ", "0")));
        forms.put(
                "CSV without a head",
                p -> lines(p, "\n", x -> x.number() + "," + x.name() + "," + x.mail() + "," + x.phone()));
        forms.put(
                "CSV without a head, births",
                p -> lines(p, "\n", x -> x.given() + "," + x.family() + "," + x.born() + "," + x.mail()));
        forms.put(
                "TSV",
                p -> "customer\tdob\tcity\n" + lines(p, "\n", x -> x.name() + "\t" + x.born() + "\tPorto, Norte"));
        forms.put(
                "Markdown",
                p -> "Here they are:\n\n| Name | Phone | Born |\n|:---|:---:|---|\n"
                        + lines(p, "\n", x -> "| " + x.name() + " | " + x.phone() + " | " + x.born() + " |")
                        + "\n\nDone.");
        forms.put(
                "JSON",
                p -> "["
                        + lines(
                                p,
                                ",",
                                x -> "{\"id\":" + x.number() + ",\"name\":\"" + x.name() + "\",\"email\":\"" + x.mail()
                                        + "\",\"phone\":\"" + x.phone() + "\"}")
                        + "]");
        forms.put(
                "JSON, indented and nested",
                p -> "{\n  \"people\": [\n"
                        + lines(
                                p,
                                ",\n",
                                x -> "    {\n      \"firstName\": \"" + x.given()
                                        + "\",\n      \"lastName\": \"" + x.family() + "\",\n      \"birthDate\": \""
                                        + x.born() + "T00:00:00Z\",\n      \"contact\": {\"phones\": [\""
                                        + x.phone() + "\"], \"note\": \"a [b] c\"}\n    }")
                        + "\n  ]\n}");
        forms.put(
                "JSON, one a line",
                p -> lines(p, "\n", x -> "{\"full_name\":\"" + x.name() + "\",\"dob\":\"" + x.born() + "\"}"));
        forms.put(
                "JSON, lists",
                p -> "{\"columns\":[\"name\",\"tel\"],\"rows\":["
                        + lines(p, ",", x -> "[\"" + x.name() + "\",\"" + x.phone() + "\"]") + "]}");
        forms.put(
                "Python",
                p -> "people = [\n"
                        + lines(p, ",\n", x -> "    {'name': \"" + x.name() + "\", 'born': '" + x.born() + "'}")
                        + "\n]\n");
        forms.put(
                "SQL",
                p -> "INSERT INTO customers (id, name, phone, created_at) VALUES\n"
                        + lines(
                                p,
                                ",\n",
                                x -> "(" + x.number() + ", '" + x.name().replace("'", "''") + "', '" + x.phone()
                                        + "', NOW())")
                        + ";\n");
        forms.put(
                "SQL, each its own",
                p -> lines(
                        p,
                        "\n",
                        x -> "INSERT INTO patients (first_name, last_name, birthday) VALUES ('" + x.given() + "', '"
                                + x.family().replace("'", "''") + "', '" + x.born() + "');"));
        forms.put(
                "SQL, as psql prints it",
                p -> "     name      |    dob     | city \n---------------+------------+------\n"
                        + lines(p, "\n", x -> " " + x.name() + " | " + x.born() + " | Porto") + "\n(5 rows)\n");
        forms.put(
                "SQL, as mysql prints it",
                p -> "+---------------+------------+\n| full_name     | birthday   |\n+---------------+------------+\n"
                        + lines(p, "\n", x -> "| " + x.name() + " | " + x.born() + " |")
                        + "\n+---------------+------------+\n");
        forms.put(
                "reStructuredText",
                p -> "| name | phone |\n+======+=======+\n"
                        + lines(p, "\n+------+-------+\n", x -> "| " + x.name() + " | " + x.phone() + " |"));
        forms.put(
                "YAML",
                p -> "customers:\n"
                        + lines(
                                p,
                                "\n",
                                x -> "  - id: " + x.number() + "\n    name: " + x.name()
                                        + "\n    contact:\n      mobile: \"" + x.phone() + "\"\n    tags: [a, b]"));
        forms.put(
                "lines with names",
                p -> "The customers:\n\n"
                        + lines(p, "\n\n", x -> "Name: " + x.name() + "\nDate of birth: " + x.born() + "\nCity: Porto")
                        + "\n");
        forms.put(
                "Markdown, a list of each",
                p -> lines(
                        p,
                        "\n\n",
                        x -> "### Customer " + x.number() + "\n\n- **Name:** " + x.name() + "\n- **Phone**: "
                                + x.phone()));
        forms.put(
                "vCard",
                p -> lines(
                        p,
                        "\r\n",
                        x -> "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:" + x.name() + "\r\nTEL;TYPE=cell:" + x.phone()
                                + "\r\nEND:VCARD"));
        forms.put(
                "aligned by blanks",
                p -> "name                     born        city\n"
                        + lines(p, "\n", x -> "%-25s%-12s%s".formatted(x.name(), x.born(), "Porto")) + "\n");
        forms.put(
                "aligned by blanks under a line",
                p -> "  id  full_name                phone\n----  -----------------------  ---------------\n"
                        + lines(p, "\n", x -> "%4d  %-23s  %s".formatted(x.number(), x.name(), x.phone())));
        forms.put(
                "aligned by blanks, no names of columns",
                p -> lines(p, "\n", x -> "%-25s%-32s   %s".formatted(x.name(), x.mail(), x.phone())));
        forms.put(
                "CSV, dates in words",
                p -> "name;born\n" + lines(p, "\n", x -> x.name() + ";" + inWords(x.born(), x.number())));
        return forms;
    }

    private static String inWords(String born, int which) {
        LocalDate day = LocalDate.parse(born);
        List<String> patterns = List.of("d MMMM uuuu", "MMM d, uuuu", "dd-MMM-uuuu", "MMMM d, uuuu");
        return DateTimeFormatter.ofPattern(patterns.get(which % patterns.size()), Locale.ENGLISH)
                .format(day);
    }

    private static String lines(List<Person> people, String between, Function<Person, String> one) {
        return people.stream().map(one).collect(Collectors.joining(between));
    }

    private static String german(String born) {
        String[] parts = born.split("-", -1);
        return parts[2] + "." + parts[1] + "." + parts[0];
    }

    static Stream<String> names() {
        return FORMS.keySet().stream();
    }

    private static String table(String form, int rows) {
        Function<List<Person>, String> made = Objects.requireNonNull(FORMS.get(form));
        return made.apply(new People(new Random(SEED + rows)).draw(rows));
    }

    private static String escaped(String text) {
        return text.replace("\\", "\\\\")
                .replace("\"", "\\\"")
                .replace("\n", "\\n")
                .replace("\r", "\\r")
                .replace("\t", "\\t");
    }

    private List<String> found(String body) {
        return asked.names(GROUP, body);
    }

    @ParameterizedTest
    @MethodSource("names")
    void aTableIsFoundFromFiveRowsOn(String form) {
        for (int rows : new int[] {5, 6, 20, 300}) {
            assertThat(found(table(form, rows)))
                    .as("seed %d, %d rows\n%s", SEED, rows, table(form, rows))
                    .contains("people_table");
        }
        for (int rows : new int[] {1, 3, 4}) {
            assertThat(found(table(form, rows))).as("%d rows", rows).doesNotContain("people_table");
        }
    }

    @ParameterizedTest
    @MethodSource("names")
    void aTableThatAModelIsToldIsFoundToo(String form) {
        for (int rows : new int[] {5, 40}) {
            String body = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\""
                    + escaped(table(form, rows)) + "\"}]}";
            assertThat(found(body)).as(body).contains("people_table");
            String within = "{\"input\":\"" + escaped("{\"text\":\"" + escaped(table(form, rows)) + "\"}") + "\"}";
            assertThat(found(within)).as(within).contains("people_table");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"CSV", "JSON", "SQL"})
    void aTableAnywhereInALongTextIsFound(String form) {
        for (int before : new int[] {0, 1000, 140_000}) {
            String body = "A line, and another one; it goes on.\n".repeat(before / 37) + "\n" + table(form, 30) + "\n"
                    + "And so on, and so on.\n".repeat(50);
            assertThat(found(body)).as("after %d bytes", before).contains("people_table");
        }
    }

    @Test
    void theGroupIsOffUnlessARouteListsItOrItsProfileIsStrict() {
        String table = table("CSV", 8);
        assertThat(asked.outcome(table, ScanOptions.defaults())).isEqualTo("passes");
        assertThat(asked.outcome(table, ScanOptions.defaults().withProfile(Profile.QUIET)))
                .isEqualTo("passes");
        assertThat(asked.outcome(table, ScanOptions.defaults().withProfile(Profile.STRICT)))
                .isEqualTo("blocks");
        assertThat(asked.outcome(table, ScanOptions.listed(List.of(GROUP)))).isEqualTo("blocks");
    }

    @Test
    void aTableIsCoveredForMaskingInRecordsAndIsNotRewritten() {
        String table = table("CSV", 8);
        Finding finding = asked.findings("before\n\n" + table, ScanOptions.listed(List.of(GROUP)))
                .getFirst();
        assertThat(finding.span()).isEmpty();
        assertThat(finding.cover())
                .hasValueSatisfying(
                        cover -> assertThat(cover.end() - cover.start()).isGreaterThan(8 * 40));
        Finding again = asked.findings("other\n\n" + table, ScanOptions.listed(List.of(GROUP)))
                .getFirst();
        assertThat(again.fingerprint()).isEqualTo(finding.fingerprint());
    }

    @Test
    void addressesAndNumbersOfExamplesWarn() {
        String table = "name,email,phone\n"
                + IntStream.range(0, 8)
                        .mapToObj(i -> "Test" + (char) ('a' + i) + " Person,p" + i + "@example.com,+1 202 555 010" + i)
                        .collect(Collectors.joining("\n"));
        assertThat(asked.outcome(table, ScanOptions.listed(List.of(GROUP)))).isEqualTo("warns");
        assertThat(asked.outcome(table, ScanOptions.defaults().withProfile(Profile.STRICT)))
                .isEqualTo("blocks");
    }

    /** Tables that are cut, mixed and broken: whatever is read of them, it ends. */
    @Test
    void brokenTextIsReadToItsEnd() {
        Random random = new Random(SEED);
        String[] pieces = {
            "{",
            "}",
            "[",
            "]",
            "(",
            ")",
            "\"",
            "\\\"",
            "'",
            ",",
            ":",
            "\n",
            "\\n",
            "|",
            "\t",
            ";",
            "name",
            "phone",
            "dob",
            "Anna Fischer",
            "+49 150 1234567",
            "1985-03-12",
            "\\",
            "12345678",
            "a@b.de",
            "é",
            " "
        };
        for (int i = 0; i < 3000; i++) {
            StringBuilder text = new StringBuilder("12345678");
            for (int n = random.nextInt(200); n > 0; n--) {
                text.append(pieces[random.nextInt(pieces.length)]);
            }
            asked.names(GROUP, text.toString()); // throws nothing
        }
        for (String form : FORMS.keySet()) {
            String table = table(form, 12);
            for (int i = 0; i < 200; i++) {
                int from = random.nextInt(table.length());
                int to = from + random.nextInt(table.length() - from);
                asked.names(GROUP, table.substring(0, from) + table.substring(to) + table.substring(from));
            }
        }
    }

    private static String rows(int n, IntFunction<String> row) {
        return IntStream.range(0, n).mapToObj(row).collect(Collectors.joining("\n"));
    }

    /** What has rows, and some of what a table of people has. */
    static Stream<String> others() {
        List<Person> people = new People(new Random(SEED)).draw(40);
        return Stream.of(
                "name,version,license,downloads\n"
                        + rows(40, i -> "package-" + i + ",1." + i + ".0,MIT," + (1_000_000 + i * 7919)),
                "{\"dependencies\":["
                        + rows(
                                        30,
                                        i -> "{\"name\":\"lib" + i + "\",\"version\":\"2." + i
                                                + ".1\",\"published\":\"2019-03-" + (10 + i % 18) + "\"}")
                                .replace("\n", ",")
                        + "]}",
                rows(
                        40,
                        i -> "commit " + Integer.toHexString(i * 7_654_321) + "\nAuthor: "
                                + people.get(i).name() + " <" + people.get(i).mail() + ">\nDate:   Mon Jan "
                                + (i % 28 + 1) + " 10:00:00 2024 +0100\n\n    Mend it\n"),
                "hash,author,email,date\n"
                        + rows(
                                40,
                                i -> "a1b2c" + i + "," + people.get(i).name() + ","
                                        + people.get(i).mail() + ",20" + (10 + i % 15) + "-01-" + (10 + i % 18)),
                rows(
                        40,
                        i -> "a1b2c" + i + "," + people.get(i).name() + ","
                                + people.get(i).mail() + ",20" + (10 + i % 15) + "-01-" + (10 + i % 18)),
                "# Contributors\n\n"
                        + rows(
                                40,
                                i -> people.get(i).name() + " <" + people.get(i).mail() + ">"),
                "| Name | GitHub |\n|---|---|\n"
                        + rows(40, i -> "| " + people.get(i).name() + " | @user" + i + " |"),
                "{\"contributors\":["
                        + rows(
                                        20,
                                        i -> "{\"name\":\"" + people.get(i).name() + "\",\"email\":\""
                                                + people.get(i).mail() + "\",\"contributions\":" + (i * 37 + 1_234_567)
                                                + "}")
                                .replace("\n", ",")
                        + "]}",
                "name,email,team\n"
                        + rows(
                                40,
                                i -> people.get(i).name() + "," + people.get(i).mail() + ",core"),
                "id,title,author,published\n"
                        + rows(
                                40,
                                i -> i + ",The Book of " + i + ","
                                        + people.get(i).name() + ",19" + (20 + i) + "-05-01"),
                "["
                        + rows(
                                        30,
                                        i -> "{\"id\":" + (1_700_000_000 + i) + ",\"name\":\"fixture-" + i
                                                + "\",\"ref\":\"" + (49_150_000_000L + i * 7919L) + "\"}")
                                .replace("\n", ",")
                        + "]",
                "["
                        + rows(
                                        30,
                                        i -> "{\"id\":" + (1_700_000_000 + i)
                                                + ",\"name\":\"Test User\",\"created_at\":\"2024-01-0" + (1 + i % 9)
                                                + "\"}")
                                .replace("\n", ",")
                        + "]",
                "name,phone\n" + rows(30, i -> "Acme Hotel,+49 150 " + (1_000_000 + i * 7919)),
                "name,phone\n" + rows(30, i -> "support,+49 150 " + (1_000_000 + i * 7919)),
                "name,phone\n" + rows(30, i -> people.get(i).name() + ","),
                "city,country,date\n" + rows(30, i -> "New York,United States,19" + (40 + i) + "-01-01"),
                "INSERT INTO packages (name, version, released) VALUES\n"
                        + rows(30, i -> "('lib-" + i + "', '1.0." + i + "', '2019-01-0" + (1 + i % 9) + "'),"),
                "INSERT INTO orders (id, customer, total) VALUES\n"
                        + rows(
                                30,
                                i -> "(" + (1_700_000_000 + i) + ", '"
                                        + people.get(i).name() + "', " + i + ".50),"),
                rows(
                        40,
                        i -> "2026-01-0" + (1 + i % 9) + "T10:00:00Z INFO Request Handler, path=/v1/items, id="
                                + (1_700_000_000 + i)),
                rows(40, i -> "call(\"" + people.get(i).name() + "\", " + (1_700_000_000 + i) + ");"),
                "time,host,bytes\n" + rows(40, i -> (1_700_000_000 + i) + ",192.168.1." + i + "," + (5_000_000 + i)),
                rows(
                        40,
                        i -> "Author: " + people.get(i).name() + "\nDate: Mon Jan " + (i % 28 + 1)
                                + " 10:00:00 2024\nSubject: Mend it\n"),
                rows(40, i -> "- name: Install Package\n  version: " + (1_700_000_000 + i)),
                rows(
                        40,
                        i -> "Package: lib" + i + "\nMaintainer: "
                                + people.get(i).name() + " <" + people.get(i).mail() + ">\nInstalled-Size: "
                                + (1_700_000 + i)),
                rows(
                        40,
                        i -> "Title: The Book\nName: " + people.get(i).name() + "\nPublished: 19" + (20 + i)
                                + "-05-01\n"),
                "total 48\n"
                        + rows(
                                40,
                                i -> "-rw-r--r--  1 root  root  %9d  2024-01-%02d 10:00  report %d.txt"
                                        .formatted(i * 7_654_321 % 99_999_999, 10 + i % 18, i)),
                "NAME                     READY   STATUS    STARTED\n"
                        + rows(40, i -> "%-25s1/1     Running   1985-03-1%d".formatted("api-server-" + i, i % 9)),
                "Options:\n"
                        + rows(
                                40,
                                i -> "  --option-%d        What The Option Does     1985-03-1%d".formatted(i, i % 9)),
                "author                   commits   last\n"
                        + rows(
                                40,
                                i -> "%-25s%-10d%s"
                                        .formatted(people.get(i).name(), 1_000 + i, "2024-01-" + (10 + i % 18))),
                "  PID  USER      TIME        COMMAND\n"
                        + rows(40, i -> "%5d  root      %-10d  Request Handler".formatted(i, 1_700_000_000 + i)),
                "Hello Anna Smith, please call +49 150 1234567 tomorrow, or write to a.smith@posteo.net.\n".repeat(1),
                "born 1985-03-12, and so on, in Paris\n".repeat(20));
    }

    @ParameterizedTest
    @MethodSource("others")
    void tablesOfOtherThingsPass(String body) {
        assertThat(found(body)).as(body).doesNotContain("people_table");
        String told = "{\"messages\":[{\"role\":\"user\",\"content\":\"" + escaped(body) + "\"}]}";
        assertThat(found(told)).as(told).doesNotContain("people_table");
    }
}
