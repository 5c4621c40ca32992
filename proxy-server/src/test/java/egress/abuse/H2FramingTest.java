package egress.abuse;

import egress.testkit.client.H2Client;
import egress.testkit.scorecard.Case;
import egress.testkit.scorecard.Scorecard;
import egress.testkit.wire.Field;
import egress.testkit.wire.H2Frame;
import egress.testkit.wire.H2Stream;
import egress.testkit.wire.H2Wire;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Rows 24 and 25: h2 frames that are malformed, out of order or too many. */
class H2FramingTest extends SiteFixture {
    @ParameterizedTest
    @MethodSource({"heads", "floods"})
    void endsTheStreamOrTheConnectionAndNoOther(Case each, Scorecard scorecard) {
        scorecard.verify(each);
    }

    private static List<Field> head(String... more) {
        List<Field> fields = new ArrayList<>(
                Field.list(":method", "GET", ":scheme", "https", ":authority", Site.H2, ":path", "/echo"));
        fields.addAll(Field.list(more));
        return fields;
    }

    static Stream<Case> heads() {
        List<Case> all = new ArrayList<>();
        List<List<Field>> heads = List.of(
                head("X-Upper", "1"),
                head(":status", "200"),
                head(":unknown", "1"),
                head(":method", "POST"),
                head(":path", "/admin"),
                head("connection", "x"),
                head("te", "gzip"),
                head("transfer-encoding", "chunked"),
                head("x", "a\r\nb: c"),
                head("x", "a\0"),
                head("x\r\ny", "z"),
                head("", "x"),
                head("content-length", "5"),
                head("content-length", "-1"),
                head("upgrade", "h2c"),
                head("host", "evil.example"));
        for (List<Field> each : heads) {
            String title = Case.shown(each.subList(4, each.size()).toString());
            all.add(site.stopped(Case.id(24, all.size()), title, "h2", () -> site.h2(Site.H2, each), "reset 1"));
        }
        byte[] section = H2Wire.literals(head());
        all.add(goAway(all.size(), "HEADERS on a stream that was ended", H2Frame.ErrorCode.STREAM_CLOSED, client -> {
            client.wire().write(H2Wire.headers(101, section, true));
            client.wire().write(H2Wire.headers(101, section, true));
        }));
        all.add(goAway(all.size(), "HEADERS on a stream that was reset", H2Frame.ErrorCode.STREAM_CLOSED, client -> {
            client.wire().write(H2Wire.headers(101, section, false));
            client.wire().write(H2Frame.rstStream(101, H2Frame.ErrorCode.CANCEL));
            client.wire().write(H2Wire.headers(101, section, true));
        }));
        all.add(goAway(all.size(), "a stream below one that was opened", H2Frame.ErrorCode.PROTOCOL_ERROR, client -> {
            client.wire().write(H2Wire.headers(103, section, true));
            client.wire().write(H2Wire.headers(101, section, true));
        }));
        all.add(goAway(
                all.size(),
                "an even stream",
                H2Frame.ErrorCode.PROTOCOL_ERROR,
                client -> client.wire().write(H2Wire.headers(102, section, true))));
        all.add(goAway(
                all.size(),
                "a window beyond 2^31-1",
                H2Frame.ErrorCode.FLOW_CONTROL_ERROR,
                client -> client.wire().write(H2Frame.windowUpdate(0, Integer.MAX_VALUE))));
        all.add(goAway(
                all.size(),
                "SETTINGS of seven octets",
                H2Frame.ErrorCode.FRAME_SIZE_ERROR,
                client -> client.wire().write(new H2Frame(H2Frame.SETTINGS, 0, 0, new byte[7]))));
        all.add(Case.through(
                Case.id(24, all.size()), "te: trailers", "h2", () -> site.h2(Site.H2, head("te", "trailers"))));
        return all.stream();
    }

    private static Case goAway(int n, String title, H2Frame.ErrorCode code, Frames frames) {
        return Case.stopped(
                Case.id(24, n),
                title,
                "h2",
                () -> {
                    try (H2Client client = site.h2Client(Site.H2)) {
                        frames.write(client);
                        int said = client.awaitGoAway().int32(4);
                        client.awaitEnd();
                        return "goaway " + said;
                    }
                },
                "goaway " + code.code());
    }

    /** Writes frames until the gate says that it is enough. */
    private static Case flood(int n, String title, Frames frames) {
        return Case.stopped(
                Case.id(25, n),
                title,
                "h2",
                () -> {
                    try (H2Client other = site.h2Client(Site.H2);
                            H2Client client = site.h2Client(Site.H2)) {
                        try {
                            frames.write(client);
                            client.awaitGoAway();
                        } catch (IOException e) {
                            client.awaitEnd(); // it may have been reset while it still wrote
                        }
                        return "ended, others " + Site.answer(other.get(Site.H2, "/echo"));
                    }
                },
                "ended, others 200");
    }

    private interface Frames {
        void write(H2Client client) throws IOException;
    }

    static Stream<Case> floods() {
        byte[] section = H2Wire.literals(head());
        return Stream.of(
                flood(0, "made-you-reset: windows that overflow, stream after stream", client -> {
                    for (int id = 101; id < 20_101; id += 2) {
                        client.wire().write(H2Wire.headers(id, H2Wire.literals(head("x", "y")), false));
                        client.wire().write(H2Frame.windowUpdate(id, Integer.MAX_VALUE));
                    }
                }),
                flood(1, "made-you-reset: windows of nothing, stream after stream", client -> {
                    for (int id = 101; id < 20_101; id += 2) {
                        client.wire().write(H2Wire.headers(id, section, false));
                        client.wire().write(H2Frame.windowUpdate(id, 0));
                    }
                }),
                flood(2, "made-you-reset: malformed heads, stream after stream", client -> {
                    byte[] malformed = H2Wire.literals(head("X-Upper", "1"));
                    for (int id = 101; id < 20_101; id += 2) {
                        client.wire().write(H2Wire.headers(id, malformed, true));
                    }
                }),
                flood(3, "made-you-reset: bodies longer than they said, stream after stream", client -> {
                    byte[] told = H2Wire.literals(head("content-length", "1"));
                    for (int id = 101; id < 20_101; id += 2) {
                        client.wire().write(H2Wire.headers(id, told, false));
                        client.wire().write(H2Frame.data(id, new byte[2], true));
                    }
                }),
                flood(
                        4,
                        "a window update that overflows the connection's window",
                        client -> client.wire().write(H2Frame.windowUpdate(0, Integer.MAX_VALUE))),
                flood(5, "PRIORITY, a million times", client -> {
                    H2Frame[] many = new H2Frame[1_000];
                    java.util.Arrays.fill(many, new H2Frame(H2Frame.PRIORITY, 0, 3, new byte[] {0, 0, 0, 1, 7}));
                    for (int i = 0; i < 1_000; i++) {
                        client.wire().write(many);
                    }
                    client.transport().reset(); // it costs nothing, and so may go on
                }),
                Case.stopped(
                        Case.id(25, 6),
                        "an HPACK bomb: one field of 4,000 octets named 10,000 times",
                        "h2",
                        () -> {
                            ByteArrayOutputStream bomb = new ByteArrayOutputStream();
                            bomb.writeBytes(section);
                            bomb.writeBytes(H2Wire.indexedLiteral(new Field("x", "y".repeat(4_000))));
                            for (int i = 0; i < 10_000; i++) {
                                bomb.write(0x80 | 62); // the newest entry of the dynamic table
                            }
                            try (H2Client other = site.h2Client(Site.H2);
                                    H2Client client = site.h2Client(Site.H2)) {
                                H2Stream bombed = client.request("GET", Site.H2, "/held", false);
                                client.wire().write(H2Wire.headers(bombed.id(), bomb.toByteArray(), true));
                                String got = Site.answer(bombed);
                                return (got.startsWith("200") ? got : "refused") + ", others "
                                        + Site.answer(other.get(Site.H2, "/echo"));
                            }
                        },
                        "refused, others 200"));
    }
}
