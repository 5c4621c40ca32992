package egress.server.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class PageFilesTest {
    private static final Path FOLDER =
            Path.of(System.getProperty("egress.root"), "proxy-server/src/main/resources/egress/server/inspect/page");

    /** What makes markup, or code, of text. */
    private static final Pattern MARKUP = Pattern.compile(
            "innerHTML|outerHTML|insertAdjacentHTML|document\\.write|createContextualFragment|DOMParser|srcdoc"
                    + "|\\beval\\(|new Function|setHTML|javascript:");

    private static final Pattern ELSEWHERE =
            Pattern.compile("(?:src|href|url|import|from|fetch|@import)\\W{0,3}(?:https?:)?//");

    static List<Path> files() throws IOException {
        try (Stream<Path> all = Files.list(FOLDER)) {
            return all.sorted().toList();
        }
    }

    @ParameterizedTest
    @MethodSource("files")
    void makesNoMarkupOfText(Path file) throws IOException {
        assertThat(Files.readString(file)).doesNotContainPattern(MARKUP);
    }

    @ParameterizedTest
    @MethodSource("files")
    void takesNothingFromAnywhereElse(Path file) throws IOException {
        assertThat(Files.readString(file)).doesNotContainPattern(ELSEWHERE);
    }

    @ParameterizedTest
    @MethodSource("files")
    void isServedByItsName(Path file) throws IOException {
        String name = file.getFileName().toString();

        assertThat(PageFiles.answer(name.equals("index.html") ? "" : name))
                .describedAs("a file that is never served, or one that is missing from the list")
                .hasValueSatisfying(answer -> assertThat(new String(answer.body(), StandardCharsets.UTF_8))
                        .isNotEmpty());
    }

    @ParameterizedTest
    @MethodSource("files")
    void importsOnlyWhatIsThere(Path file) throws IOException {
        var imports = Pattern.compile("from \"\\./([a-z]+\\.js)\"").matcher(Files.readString(file));

        assertThat(imports.results().map(found -> found.group(1)))
                .allSatisfy(name -> assertThat(PageFiles.answer(name)).isPresent());
    }
}
