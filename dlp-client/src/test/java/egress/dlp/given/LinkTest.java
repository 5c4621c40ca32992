package egress.dlp.given;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a reference in a response names, and whether a request asks for just that. */
final class LinkTest {
    private static final Link BASE = Link.asked("github.com", 443, "/a/b/c?d=/e/");

    @ParameterizedTest
    @CsvSource(
            delimiter = ' ',
            value = {
                "https://store.example/x?y=z store.example 443 /x?y=z",
                "HTTPS://Store.Example:8443/x store.example 8443 /x",
                "https://store.example:/x store.example 443 /x",
                "https://store.example./x store.example 443 /x",
                "https://store.example store.example 443 /",
                "https://store.example?a=b store.example 443 /?a=b",
                "https://[::1]/x ::1 443 /x",
                "//store.example/x store.example 443 /x",
                "/x?y#z github.com 443 /x?y",
                "?y=z github.com 443 /a/b/c?y=z",
                "x github.com 443 /a/b/x",
                "../x github.com 443 /a/x",
                "./ github.com 443 /a/b/",
                "/x/../../y/. github.com 443 /y/",
                "https://store.example/x?a=%2f%7e%7E%zz|\" store.example 443 /x?a=%2F~~%zz%7C%22",
                "https://store.example/é store.example 443 /%E9"
            })
    void namesItsTarget(String reference, String host, int port, String target) {
        assertThat(Link.given(BASE, reference)).isEqualTo(new Link(host, port, target));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://store.example/x",
                "ftp://store.example/x",
                "data:text/plain,x",
                "https://user@store.example/x",
                "https://user:pw@store.example/x",
                "https://store.example:0/x",
                "https://store.example:https/x",
                "https://störe.example/x",
                "https:///x",
                "https://",
                "#x",
                " "
            })
    void isNoneWhereItIsNoOrdinaryUrl(String reference) {
        assertThat(Link.given(BASE, reference)).isNull();
    }

    @Test
    void isAskedForInTheSpellingOfAnyClient() {
        String given = "https://store.example/a%20b?s=%2Fx%2b~";
        for (String target : new String[] {"/a%20b?s=%2Fx%2b~", "/a%20b?s=%2fx%2B%7E", "/a b?s=%2Fx%2B~"}) {
            assertThat(Link.asked("store.example", 443, target)).as(target).isEqualTo(Link.given(BASE, given));
        }
        for (String target :
                new String[] {"/a%20b?s=/x%2b~", "/a+b?s=%2Fx%2b~", "/a%20b?s=%2Fx+~", "/x/../a%20b?s=%2Fx%2b~"}) {
            assertThat(Link.asked("store.example", 443, target)).as(target).isNotEqualTo(Link.given(BASE, given));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "/x?X-Amz-Signature=1,true",
        "/x?a=b&X-Goog-Signature=1,true",
        "/x?Expires=1&Signature=1&Key-Pair-Id=K,true",
        "/x?sv=1&sig=1,true",
        "/x?token=1,true",
        "/x?signature,false",
        "/x?a=signature,false",
        "/x?sign=1,false",
        "/signature=1,false",
        "/x?,false"
    })
    void isSignedWhereAParameterSaysSo(String target, boolean signed) {
        assertThat(Link.asked("store.example", 443, target).isSigned()).isEqualTo(signed);
    }
}
