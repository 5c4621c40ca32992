package egress.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ArchitectureTest {
    private static Architecture testkit(String... mayUse) {
        return Architecture.ofModule()
                .arrow("egress.testkit", mayUse)
                .arrow("egress.testkit.wire", "java", "io.netty")
                .arrow("egress.testkit.origin", "java", "javax", "io.netty", "egress.testkit", "egress.testkit.wire")
                .arrow("egress.testkit.client", "java", "javax", "egress.testkit.wire")
                .arrow(
                        "egress.testkit.pipelock",
                        "java",
                        "javax",
                        "com.fasterxml.jackson",
                        "org.junit",
                        "egress.testkit",
                        "egress.testkit.wire")
                .arrow("egress.testkit.scorecard", "java", "com.fasterxml.jackson", "org.junit");
    }

    @Test
    void thisModuleUsesNothingOfTheOthers() {
        assertThat(testkit(
                                "java",
                                "javax",
                                "io.netty",
                                "org.bouncycastle",
                                "com.fasterxml.jackson",
                                "org.junit",
                                "com.tngtech.archunit")
                        .faults())
                .isEmpty();
    }

    @Test
    void anArrowThatIsMissingIsAFault() {
        assertThat(testkit("java", "javax", "io.netty", "com.fasterxml.jackson", "org.junit", "com.tngtech.archunit")
                        .faults())
                .isNotEmpty()
                .allSatisfy(fault -> assertThat(fault).startsWith("egress.testkit may not use org.bouncycastle."));
    }

    @Test
    void everyPackageMustBeDeclaredAndEveryDeclaredOneBeThere() {
        assertThat(Architecture.ofModule()
                        .arrow("egress.testkit", "java", "javax", "io", "org", "com")
                        .arrow("egress.other")
                        .faults())
                .contains("egress.testkit.scorecard has no arrows", "egress.other is not there");
    }
}
