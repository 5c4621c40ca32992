package egress.bench;

import java.util.Base64;
import java.util.Random;
import java.util.UUID;

/** Clean bodies of requests, drawn. */
final class CleanBodies {
    private static final String[] WORDS =
            ("the model should return a list of files and then summarise changes in each function which handles requests "
                            + "from upstream with care because latency matters and the token or key must not be logged")
                    .split(" ", -1);

    private CleanBodies() {}

    /** A conversation with a model, records with ids and times, or an image in base64. */
    static String of(String kind, Random random, int size) {
        return switch (kind) {
            case "conversation" -> conversation(random, size);
            case "records" -> records(random, size);
            default -> image(random, size);
        };
    }

    private static String conversation(Random random, int size) {
        StringBuilder out = new StringBuilder(
                "{\"model\":\"m\",\"max_tokens\":4096,\"messages\":[{\"role\":\"user\",\"content\":\"go\"}");
        while (out.length() < size - 2) {
            out.append(",{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"");
            for (int i = 0; i < 60; i++) {
                out.append(WORDS[random.nextInt(WORDS.length)]).append(i % 15 == 14 ? ".\\n" : " ");
            }
            out.append("\"},{\"type\":\"tool_use\",\"id\":\"toolu_01").append(drawn(random, 22));
            out.append("\",\"name\":\"read_file\",\"input\":{\"path\":\"src/main/App.java\",\"offset\":")
                    .append(random.nextInt(900));
            out.append("}}]}");
        }
        return out + "]}";
    }

    private static String records(Random random, int size) {
        StringBuilder out = new StringBuilder("[{}");
        while (out.length() < size - 1) {
            out.append(",{\"id\":").append(random.nextInt(100_000)).append(",\"uuid\":\"");
            out.append(new UUID(random.nextLong(), random.nextLong())).append("\",\"name\":\"Item\",\"price\":12.5,");
            out.append(
                    "\"tags\":[\"alpha\",\"beta\"],\"created_at\":\"2025-11-03T12:30:00Z\",\"active\":true,\"parent\":null}");
        }
        return out + "]";
    }

    private static String image(Random random, int size) {
        byte[] bytes = new byte[Math.max(0, size - 150) * 3 / 4];
        random.nextBytes(bytes);
        return "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":\"image/png\","
                + "\"data\":\"iVBORw0KGgo" + Base64.getEncoder().encodeToString(bytes) + "\"}}]}]}";
    }

    static String drawn(Random random, int n) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < n; i++) {
            out.append("ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz123456789".charAt(random.nextInt(57)));
        }
        return out.toString();
    }
}
