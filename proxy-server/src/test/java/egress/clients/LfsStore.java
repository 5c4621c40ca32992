package egress.clients;

import static java.nio.charset.StandardCharsets.UTF_8;

import egress.testkit.origin.Origin;
import egress.testkit.origin.OriginExchange;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A Git LFS server: the batch API, and the basic transfers that it points to, open to anybody. */
final class LfsStore {
    private static final Pattern OBJECT = Pattern.compile("\"oid\":\"([0-9a-f]{64})\",\"size\":([0-9]+)");

    private final Map<String, byte[]> objects = new ConcurrentHashMap<>();

    /** What was uploaded, by its name. */
    Map<String, byte[]> objects() {
        return objects;
    }

    /**
     * Serves it at an origin for one repository.
     *
     * @param base how the origin's clients name it
     */
    void serve(Origin origin, String base, String repository) {
        serve(origin, base, repository, "");
        origin.otherwise(this::transfer);
    }

    /**
     * Serves the batch API alone.
     *
     * @param base where {@link #transfer} is served
     * @param query of the links to there
     */
    void serve(Origin origin, String base, String repository, String query) {
        serve(origin, base, repository, query, "");
    }

    /**
     * The same.
     *
     * @param authorization what is to be sent with each transfer; empty where nothing is
     */
    void serve(Origin origin, String base, String repository, String query, String authorization) {
        String signed = query.replace("&", "\\u0026"); // as servers in Go write it
        String header = authorization.isEmpty() ? "" : ",\"header\":{\"Authorization\":\"" + authorization + "\"}";
        origin.on("/" + repository + "/info/lfs/objects/batch", exchange -> batch(exchange, base, signed, header));
    }

    private void batch(OriginExchange exchange, String base, String query, String header) throws IOException {
        String asked = new String(exchange.readAll(), UTF_8).replace(" ", "");
        String operation = asked.contains("\"operation\":\"upload\"") ? "upload" : "download";
        StringBuilder answer = new StringBuilder("{\"transfer\":\"basic\",\"objects\":[");
        Matcher object = OBJECT.matcher(asked);
        for (String comma = ""; object.find(); comma = ",") {
            answer.append(comma)
                    .append("{\"oid\":\"" + object.group(1) + "\",\"size\":" + object.group(2) + ",\"actions\":{\""
                            + operation + "\":{\"href\":\"" + base + "/lfs/objects/" + object.group(1) + query
                            + "\"" + header + "}}}");
        }
        byte[] body = answer.append("]}").toString().getBytes(UTF_8);
        exchange.head(
                200, "content-type", "application/vnd.git-lfs+json", "content-length", Integer.toString(body.length));
        exchange.write(body);
        exchange.end();
    }

    void transfer(OriginExchange exchange) throws IOException {
        byte[] body = exchange.readAll();
        String oid = exchange.path().substring(exchange.path().lastIndexOf('/') + 1);
        byte[] stored = objects.get(oid);
        if (exchange.request().method().equals("PUT")) {
            objects.put(oid, body);
            exchange.respond(200, "");
        } else if (stored == null || !exchange.path().startsWith("/lfs/objects/")) {
            exchange.respond(404, "");
        } else {
            exchange.head(200, "content-length", Integer.toString(stored.length));
            exchange.write(stored);
            exchange.end();
        }
    }
}
