package egress.dlp.builtin.people;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.random.RandomGenerator;

/** Draws persons who do not exist. */
final class People {
    private static final List<String> GIVEN = List.of(
            "Anna",
            "Bertil",
            "Chiara",
            "Dušan",
            "Élise",
            "Farid",
            "Greta",
            "Hiroshi",
            "Inês",
            "Jonas",
            "Katya",
            "Luca",
            "Mary-Ann",
            "Noor",
            "Olu",
            "Pavel",
            "Quentin",
            "Rosa",
            "Søren",
            "Tariq");
    private static final List<String> FAMILY = List.of(
            "Almeida",
            "Bianchi",
            "Castillo",
            "Dvořák",
            "Eriksen",
            "Fischer",
            "García",
            "Hughes",
            "Ivanova",
            "Jansen",
            "Kowalski",
            "Lindqvist",
            "Moreau",
            "Nakamura",
            "O'Brien",
            "Papadakis",
            "Quist",
            "van der Berg",
            "Smith-Jones",
            "Tanaka");

    private final RandomGenerator random;

    People(RandomGenerator random) {
        this.random = random;
    }

    /** A person of a row. */
    record Person(String given, String family, String born, String mail, String phone, int number) {
        String name() {
            return given + " " + family;
        }
    }

    List<Person> draw(int n) {
        List<Person> out = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            String given = GIVEN.get((i * 7 + random.nextInt(3)) % GIVEN.size());
            String family = FAMILY.get((i * 3 + random.nextInt(3)) % FAMILY.size());
            String mail =
                    (given.charAt(0) + "." + family).toLowerCase(Locale.ROOT).replaceAll("[^a-z.]", "") + i
                            + "@posteo.net";
            out.add(new Person(given, family, born(), mail, phone(), 1000 + random.nextInt(9000)));
        }
        return out;
    }

    private String born() {
        return String.format(
                Locale.ROOT, "%d-%02d-%02d", 1940 + random.nextInt(65), 1 + random.nextInt(12), 1 + random.nextInt(28));
    }

    private String phone() {
        return String.format(Locale.ROOT, "+49 %d %07d", 150 + random.nextInt(29), random.nextInt(10_000_000));
    }
}
