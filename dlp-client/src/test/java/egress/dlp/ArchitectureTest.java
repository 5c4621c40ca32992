package egress.dlp;

import static org.assertj.core.api.Assertions.assertThat;

import egress.testkit.Architecture;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The packages of the scanners: what each may use, no cycle, and nothing public that another package does not use. */
class ArchitectureTest {
    /** Packages whose types are for this module alone; the others are used by the proxy. */
    private static final Set<String> INNER = Set.of(
            "egress.dlp.coding",
            "egress.dlp.builtin.match",
            "egress.dlp.builtin.scan",
            "egress.dlp.builtin.decode",
            "egress.dlp.builtin.join",
            "egress.dlp.builtin.rule",
            "egress.dlp.builtin.kind",
            "egress.dlp.builtin.people",
            "egress.dlp.builtin.strength");

    @Test
    void keepsTheArrowsBetweenPackages() {
        String dlp = "egress.dlp";
        String given = "egress.dlp.given";
        String match = "egress.dlp.builtin.match";
        String scan = "egress.dlp.builtin.scan";
        String decode = "egress.dlp.builtin.decode";
        String join = "egress.dlp.builtin.join";
        String rule = "egress.dlp.builtin.rule";
        String kind = "egress.dlp.builtin.kind";
        String people = "egress.dlp.builtin.people";
        String strength = "egress.dlp.builtin.strength";
        assertThat(Architecture.ofModule()
                        .arrow(dlp, "java", "com.aayushatharva.brotli4j", "egress.dlp.coding", given)
                        .arrow(given, "java", "javax.crypto")
                        .arrow("egress.dlp.coding", "java", "com.aayushatharva.brotli4j", "com.github.luben.zstd")
                        .arrow(match, "java")
                        .arrow(scan, "java", "javax.crypto", dlp, given, match)
                        .arrow(decode, "java", dlp, "egress.dlp.coding", match, scan)
                        .arrow(join, "java", dlp, match, scan)
                        .arrow(strength, "java", match)
                        .arrow(rule, "java", "com.fasterxml.jackson.core", dlp, match, scan, strength)
                        .arrow(people, "java", dlp, match, scan)
                        .arrow(kind, "java", dlp, match, people, scan)
                        .arrow(
                                "egress.dlp.builtin",
                                "java",
                                dlp,
                                given,
                                "egress.dlp.coding",
                                match,
                                scan,
                                decode,
                                join,
                                rule,
                                kind,
                                strength)
                        .arrow("egress.dlp.injection", "java", dlp, scan)
                        .arrow("egress.dlp.pipelock", "java", "com.fasterxml.jackson", dlp, "egress.dlp.coding")
                        .faults())
                .isEmpty();
    }

    @Test
    void makesPublicOnlyWhatAnotherPackageUses() {
        assertThat(Architecture.needlesslyPublic(INNER::contains))
                .containsExactly("egress.dlp.builtin.rule.RuleMatcher$Stretch"); // a method of another package is one
    }
}
