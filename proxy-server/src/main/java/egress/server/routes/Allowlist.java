package egress.server.routes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;

/**
 * The routes for {@code http://_egress.local/allowlist}: the keys and values of the file, which hold no secret, for
 * tokens are only named there.
 */
final class Allowlist {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private Allowlist() {}

    /** @param root a document that was found valid */
    static String json(YamlNode root, List<String> passthrough) {
        ArrayNode routes = JSON.arrayNode();
        if (root instanceof YamlNode.Mapping file) {
            for (YamlNode.Entry entry : file.entries()) {
                if (entry.key().text().equals("routes") && entry.value() instanceof YamlNode.Sequence sequence) {
                    sequence.items().forEach(item -> routes.add(tree(item)));
                }
            }
        }
        for (String host : passthrough) {
            routes.add(JSON.objectNode().put("host", host).put("tls", "passthrough"));
        }
        return JSON.objectNode().<ObjectNode>set("routes", routes).toString();
    }

    private static JsonNode tree(YamlNode node) {
        return switch (node) {
            case YamlNode.Scalar scalar -> {
                String text = scalar.text().toLowerCase(Locale.ROOT);
                // The only plain values that a valid file has and that are no strings.
                yield scalar.plain() && (text.equals("true") || text.equals("false"))
                        ? JSON.booleanNode(text.equals("true"))
                        : JSON.textNode(scalar.text());
            }
            case YamlNode.Sequence sequence -> {
                ArrayNode array = JSON.arrayNode();
                sequence.items().forEach(item -> array.add(tree(item)));
                yield array;
            }
            case YamlNode.Mapping mapping -> {
                ObjectNode object = JSON.objectNode();
                mapping.entries().forEach(entry -> object.set(entry.key().text(), tree(entry.value())));
                yield object;
            }
        };
    }
}
