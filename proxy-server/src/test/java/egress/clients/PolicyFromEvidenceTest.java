package egress.clients;

import static org.assertj.core.api.Assertions.assertThat;

import egress.policy.Policy;
import egress.server.ProxyUnderTest;
import egress.server.evidence.EvidenceFiles;
import egress.server.evidence.Mutations;
import egress.server.evidence.Replay;
import egress.server.evidence.Suggestions;
import egress.server.evidence.Unused;
import egress.server.flows.Flow;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Real clients are recorded, a file is suggested, and the same clients run under it; little else passes. */
class PolicyFromEvidenceTest {
    @TempDir
    Path directory;

    /** Who is recorded. */
    enum Who {
        PIP,
        NPM,
        CARGO,
        GIT,
        SDK;

        void run(RecordedClients clients, ProxyUnderTest gate) throws Exception {
            switch (this) {
                case PIP -> clients.pip(gate.port(), gate.caFile());
                case NPM -> clients.npm(gate.port(), gate.caFile());
                case CARGO -> clients.cargo(gate.port(), gate.caFile());
                case GIT -> clients.git(gate.port(), gate.caFile());
                case SDK -> clients.sdk(gate.port(), gate.caFile());
            }
        }
    }

    private ProxyUnderTest.Builder gate(RecordedClients clients) {
        ProxyUnderTest.Builder gate =
                ProxyUnderTest.with().trust(clients.authority).flags("-q");
        RecordedClients.HOSTS.forEach(host -> gate.origin(host + ":443", clients.origin));
        return gate;
    }

    /** Twice, as a rule stands from the second time on. */
    private Path record(RecordedClients clients, List<Who> who) throws Exception {
        Path log = directory.resolve("flows.jsonl");
        try (ProxyUnderTest gate =
                gate(clients).flags("--flows", log.toString()).start()) {
            for (Who each : who) {
                each.run(clients, gate);
                each.run(clients, gate);
            }
        }
        Path kept = Path.of("target", "evidence"); // for the docs, and for whoever reads a failure
        Files.createDirectories(kept);
        Files.write(kept.resolve(who.size() == 1 ? who.getFirst() + ".jsonl" : "all.jsonl"), Files.readAllBytes(log));
        return log;
    }

    private static List<Flow> flows(Path log) throws Exception {
        List<Flow> flows = new ArrayList<>();
        assertThat(EvidenceFiles.each(new Path[] {log}, flows::add).problems()).isZero();
        return flows;
    }

    private static String suggested(List<Flow> flows) {
        Suggestions suggestions = new Suggestions(Suggestions.Options.DEFAULT);
        flows.forEach(suggestions::add);
        return suggestions.yaml();
    }

    @ParameterizedTest
    @EnumSource(Who.class)
    @Timeout(value = 5, unit = TimeUnit.MINUTES)
    void aClientRunsUnderWhatItsRecordSuggests(Who who) throws Exception {
        try (RecordedClients clients = new RecordedClients(directory)) {
            List<Flow> flows = flows(record(clients, List.of(who)));
            String yaml = suggested(flows);
            Policy policy = EvidenceFiles.parse(who + ".yaml", yaml);
            Replay replay = new Replay(policy);
            flows.forEach(replay::add);
            assertThat(replay.judged()).isGreaterThan(3);
            assertThat(replay.status()).as("%s%n%s", yaml, replay.lines()).isEqualTo(Replay.SAME);
            Unused unused = new Unused(policy);
            flows.forEach(unused::add);
            assertThat(unused.unused()).as(yaml).isEmpty();
            List<String> allowed = new Mutations(flows, 1).allowed(policy, 10_000);
            assertThat(allowed.size())
                    .as(
                            "%s lets through %s",
                            yaml, allowed.stream().distinct().limit(20).toList())
                    .isLessThanOrEqualTo(100);
            try (ProxyUnderTest gate = gate(clients).routes(yaml).start()) {
                who.run(clients, gate);
                assertThat(gate.ended()).isNotEmpty().allMatch(ProxyUnderTest.Seen::allowed);
            }
        }
    }

    @Test
    @Timeout(value = 5, unit = TimeUnit.MINUTES)
    void andSoDoAllTogether() throws Exception {
        try (RecordedClients clients = new RecordedClients(directory)) {
            List<Flow> flows = flows(record(clients, List.of(Who.values())));
            Policy policy = EvidenceFiles.parse("all.yaml", suggested(flows));
            Replay replay = new Replay(policy);
            flows.forEach(replay::add);
            assertThat(replay.status()).isEqualTo(Replay.SAME);
            assertThat(new Mutations(flows, 2).allowed(policy, 10_000).size()).isLessThanOrEqualTo(100);
        }
    }
}
