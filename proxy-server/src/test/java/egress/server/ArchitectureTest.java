package egress.server;

import static org.assertj.core.api.Assertions.assertThat;

import egress.testkit.Architecture;
import org.junit.jupiter.api.Test;

/**
 * Which package of the program may use which. Only the log knows both Jackson and Netty, and only the root package knows all the
 * others.
 */
final class ArchitectureTest {
    @Test
    void packagesUseOnlyWhatTheirArrowsAllow() {
        assertThat(program().faults()).isEmpty();
    }

    @Test
    void anArrowThatIsMissingIsAFault() {
        assertThat(program().arrow("egress.server.config", "java", "io.netty").faults())
                .isNotEmpty()
                .allSatisfy(fault -> assertThat(fault).startsWith("egress.server.config may not use egress."));
    }

    private static Architecture program() {
        return dlp(Architecture.ofModule()
                .arrow("egress.launcher", "java")
                .arrow("egress.server.json", "java", "com.fasterxml.jackson.core")
                .arrow(
                        "egress.server.config",
                        "java",
                        "io.netty",
                        "egress.http",
                        "egress.exchange",
                        "egress.upstream",
                        "egress.dlp",
                        "egress.dlp.pipelock")
                .arrow(
                        "egress.server.log",
                        "java",
                        "com.google.re2j",
                        "io.netty",
                        "com.fasterxml.jackson",
                        "ch.qos.logback",
                        "org.slf4j",
                        "egress.http",
                        "egress.policy",
                        "egress.share",
                        "egress.exchange",
                        "egress.dlp",
                        "egress.dlp.builtin",
                        "egress.server.config",
                        "egress.server.json")
                .arrow(
                        "egress.server.run",
                        "java",
                        "io.netty",
                        "egress.http",
                        "egress.exchange",
                        "egress.ca",
                        "egress.server.evidence",
                        "egress.server.flows",
                        "egress.server.log",
                        "egress.server.onboarding")
                .arrow(
                        "egress.server.flows",
                        "java",
                        "javax",
                        "io.netty",
                        "com.fasterxml.jackson",
                        "com.google.re2j",
                        "org.slf4j",
                        "egress.http",
                        "egress.policy",
                        "egress.share",
                        "egress.exchange",
                        "egress.dlp",
                        "egress.server.config",
                        "egress.server.log")
                .arrow("egress.server.aot", "java", "javax", "io.netty", "egress.ca")
                .arrow("egress.server.admin", "java", "io.netty", "egress.http", "egress.server.config")
                .arrow(
                        "egress.server.ask",
                        "java",
                        "io.netty",
                        "com.fasterxml.jackson",
                        "egress.http",
                        "egress.policy",
                        "egress.share",
                        "egress.exchange",
                        "egress.ca",
                        "egress.server.config",
                        "egress.server.evidence",
                        "egress.server.json")
                .arrow(
                        "egress.server.metrics",
                        "java",
                        "io.netty",
                        "io.micrometer",
                        "egress.http",
                        "egress.policy",
                        "egress.share",
                        "egress.exchange",
                        "egress.upstream",
                        "egress.ca",
                        "egress.server.ask",
                        "egress.server.dlp")
                .arrow(
                        "egress.server.routes",
                        "java",
                        "com.fasterxml.jackson",
                        "org.snakeyaml",
                        "egress.http",
                        "egress.policy",
                        "egress.exchange",
                        "egress.dlp")
                .arrow(
                        "egress.server.inspect",
                        "java",
                        "javax",
                        "io.netty",
                        "com.fasterxml.jackson",
                        "egress.http",
                        "egress.policy",
                        "egress.share",
                        "egress.server.config",
                        "egress.server.admin",
                        "egress.server.ask",
                        "egress.server.flows",
                        "egress.server.evidence",
                        "egress.server.json")
                .arrow(
                        "egress.server.trace",
                        "java",
                        "io.netty",
                        "io.opentelemetry",
                        "com.fasterxml.jackson.core",
                        "egress.http",
                        "egress.policy",
                        "egress.share",
                        "egress.exchange",
                        "egress.dlp",
                        "egress.server.config",
                        "egress.server.log")
                .arrow(
                        "egress.server.flight",
                        "java",
                        "jdk.jfr",
                        "egress.http",
                        "egress.policy",
                        "egress.exchange",
                        "egress.ca",
                        "egress.server.dlp.judge")
                .arrow("egress.server.tls", "java", "javax", "io.netty", "egress.share", "egress.exchange", "egress.ca")
                .arrow("egress.server.onboarding", "java", "javax", "egress.share", "egress.exchange", "egress.ca")
                .arrow(
                        "egress.server.agent",
                        "java",
                        "io.netty",
                        "com.fasterxml.jackson",
                        "egress.http",
                        "egress.policy",
                        "egress.share",
                        "egress.exchange",
                        "egress.server.ask",
                        "egress.server.config",
                        "egress.server.json")
                .arrow(
                        "egress.server.cli",
                        "java",
                        "javax",
                        "io.netty",
                        "picocli",
                        "egress.http",
                        "egress.policy",
                        "egress.exchange",
                        "egress.upstream",
                        "egress.upstream.tls",
                        "egress.ca",
                        "egress.dlp",
                        "egress.dlp.builtin",
                        "egress.dlp.pipelock",
                        "egress.server.aot",
                        "egress.server.config",
                        "egress.server.ask",
                        "egress.server.dlp",
                        "egress.server.log",
                        "egress.server.evidence",
                        "egress.server.flows",
                        "egress.server.routes",
                        "egress.server.inspect",
                        "egress.server.agent",
                        "egress.server.onboarding")
                .arrow(
                        "egress.server.evidence",
                        "java",
                        "io.netty",
                        "org.slf4j",
                        "egress.http",
                        "egress.policy",
                        "egress.share",
                        "egress.exchange",
                        "egress.server.flows",
                        "egress.server.log",
                        "egress.server.routes")
                .arrow(
                        "egress.server",
                        "java",
                        "io.netty",
                        "io.micrometer",
                        "org.slf4j",
                        "egress",
                        "egress.http",
                        "egress.policy",
                        "egress.share",
                        "egress.exchange",
                        "egress.upstream",
                        "egress.upstream.tls",
                        "egress.ca",
                        "egress.server.config",
                        "egress.server.cli",
                        "egress.server.log",
                        "egress.server.flows",
                        "egress.server.metrics",
                        "egress.server.evidence",
                        "egress.server.admin",
                        "egress.server.agent",
                        "egress.server.ask",
                        "egress.server.routes",
                        "egress.server.tls",
                        "egress.server.onboarding",
                        "egress.server.inspect",
                        "egress.server.run",
                        "egress.server.trace",
                        "egress.server.flight",
                        "egress.server.dlp",
                        "egress.server.dlp.judge"));
    }

    private static Architecture dlp(Architecture rest) {
        return rest.arrow(
                        "egress.server.dlp.judge",
                        "java",
                        "io.netty",
                        "org.slf4j",
                        "egress.http",
                        "egress.policy",
                        "egress.share",
                        "egress.exchange",
                        "egress.dlp",
                        "egress.dlp.builtin",
                        "egress.dlp.given",
                        "egress.server.config")
                .arrow(
                        "egress.server.dlp.body",
                        "java",
                        "io.netty",
                        "org.slf4j",
                        "egress.policy",
                        "egress.share",
                        "egress.exchange",
                        "egress.dlp",
                        "egress.server.config",
                        "egress.server.dlp.judge")
                .arrow(
                        "egress.server.dlp.websocket",
                        "java",
                        "io.netty",
                        "egress.policy",
                        "egress.share",
                        "egress.exchange",
                        "egress.dlp",
                        "egress.dlp.coding",
                        "egress.server.dlp.judge",
                        "egress.server.dlp.body")
                .arrow(
                        "egress.server.dlp",
                        "java",
                        "io.netty",
                        "org.slf4j",
                        "egress.http",
                        "egress.policy",
                        "egress.share",
                        "egress.exchange",
                        "egress.ca",
                        "egress.dlp",
                        "egress.dlp.builtin",
                        "egress.dlp.given",
                        "egress.dlp.injection",
                        "egress.dlp.pipelock",
                        "egress.server.config",
                        "egress.server.log",
                        "egress.server.admin",
                        "egress.server.dlp.judge",
                        "egress.server.dlp.body",
                        "egress.server.dlp.websocket");
    }

    @Test
    void typesArePublicOnlyWhereAnotherPackageUsesThem() {
        assertThat(Architecture.needlesslyPublic(name -> name.startsWith("egress.server")))
                .containsExactlyInAnyOrder(
                        "egress.server.Main", // started by its name
                        "egress.server.aot.Training", // started by its name
                        "egress.server.ask.Answered", // holds what became of an answer
                        "egress.server.ask.Asked", // holds what became of a wish
                        "egress.server.ask.QuestionFile", // holds what the command reads
                        "egress.server.log.LogEvent", // holds its Facts
                        "egress.server.log.Notice", // holds what is said
                        "egress.server.run.ChildProcess$Start", // holds what became of it
                        "egress.server.evidence.NarrowestRule$Answer", // for the page
                        "egress.server.cli.ProxyCommand", // holds the Runner of Main
                        "egress.server.dlp.body.HeldBody$Listener", // in a lambda of DlpInspection
                        "egress.server.dlp.body.SlowBodies", // what its PerLoop gives
                        "egress.server.dlp.body.EnvelopeSlicerFuzz", // FuzzTest gives both to Jazzer by their names
                        "egress.server.dlp.websocket.AgentFramesFuzz",
                        "egress.server.dlp.judge.MessagePayload$Opener"); // a lambda of AgentPayload
    }
}
