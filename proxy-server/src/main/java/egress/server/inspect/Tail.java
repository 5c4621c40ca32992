package egress.server.inspect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import egress.http.Printable;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.net.ConnectException;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/**
 * Follows a gate's page from another process, and writes a line when a request's answer is there, when it ends badly, and when the shadow
 * routes would have decided otherwise.
 */
public final class Tail {
    private static final DateTimeFormatter CLOCK = DateTimeFormatter.ofPattern("HH:mm:ss.SSS", Locale.ROOT);
    private static final String TOKEN = "?token=";
    private static final int MOST_SEEN = 200_000;

    private final String page;
    private final String token;
    private final ObjectMapper mapper = new ObjectMapper();
    private final Set<String> written = new HashSet<>();

    /**
     * @param url as the gate printed it
     * @throws IOException where it is none of a page
     */
    public Tail(String url) throws IOException {
        int at = url.indexOf(TOKEN);
        if (at < 0 || !url.startsWith("http://")) {
            throw new IOException("that file holds no address of a page");
        }
        this.page = url.substring(0, at);
        this.token = url.substring(at + TOKEN.length());
    }

    /**
     * Writes until the gate ends.
     *
     * @param filter as {@link egress.server.flows.FilterParser} reads it
     * @param onlyNew whether what is held already is passed over
     * @throws IOException where the gate cannot be asked
     */
    public void follow(String filter, boolean onlyNew, PrintWriter out) throws IOException {
        URI events = URI.create(page + "/api/events?filter=" + URLEncoder.encode(filter, StandardCharsets.UTF_8));
        HttpURLConnection connection = (HttpURLConnection) events.toURL().openConnection(Proxy.NO_PROXY);
        connection.setRequestProperty("Authorization", "Bearer " + token);
        try {
            if (connection.getResponseCode() != 200) {
                throw new IOException("the gate answered " + connection.getResponseCode()
                        + ": it may be another one than wrote the file");
            }
        } catch (ConnectException e) {
            throw new IOException("the gate that wrote the file no longer listens on " + events.getAuthority(), e);
        }
        long from = Instant.now().toEpochMilli();
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(connection.getInputStream(), StandardCharsets.UTF_8))) {
            String line = lines.readLine();
            while (line != null) {
                if (line.startsWith("data: ")) {
                    batch(mapper.readTree(line.substring("data: ".length())), onlyNew ? from : 0, out);
                }
                line = lines.readLine();
            }
        } catch (IOException e) {
            out.flush(); // it ended within a piece: the gate is gone
        }
    }

    private void batch(JsonNode batch, long from, PrintWriter out) {
        for (JsonNode row : batch.path("flows")) {
            boolean ended = row.path("state").asText().equals("ended");
            if (row.path("time").asLong() < from || !(ended || row.has("status"))) {
                continue;
            }
            String verdict = row.path("verdict").asText();
            // The head of an answer is news, and so is an end other than it promised.
            String number = row.path("number").asText();
            String key = number + (ended && !verdict.equals("allowed") ? verdict : "");
            if (written.size() > MOST_SEEN) {
                written.clear();
            }
            if (written.add(key)) {
                out.println(line(row, ended));
            }
            // Judged when the exchange is over, and so most often after its line.
            if (row.has("shadow") && written.add(number + " shadow")) {
                out.println(shadowLine(row));
            }
        }
        out.flush();
    }

    private static String line(JsonNode row, boolean ended) {
        String verdict = row.path("verdict").asText();
        StringBuilder line = request(row, "");
        if (row.has("status")) {
            line.append(" << ").append(row.path("status").asInt());
        }
        if (!verdict.equals("allowed") && !verdict.equals("pending")) {
            line.append(' ').append(verdict);
            if (row.has("code")) {
                line.append(' ').append(row.path("code").asText());
            }
        }
        if (ended && row.has("status")) {
            line.append(' ').append(row.path("size").asLong()).append("B");
        }
        if (row.has("micros")) {
            line.append(' ').append(row.path("micros").asLong() / 1000).append("ms");
        }
        return Printable.line(line.toString());
    }

    private static String shadowLine(JsonNode row) {
        JsonNode shadow = row.path("shadow");
        StringBuilder line = request(row, "shadow routes: ");
        line.append(": ").append(shadow.path("from").asText());
        line.append(" would be ").append(shadow.path("to").asText());
        if (shadow.has("rule")) {
            line.append(" by ").append(shadow.path("rule").asText());
        }
        return Printable.line(line.toString());
    }

    /** When, whose and what for. */
    private static StringBuilder request(JsonNode row, String by) {
        StringBuilder line = new StringBuilder(
                CLOCK.format(Instant.ofEpochMilli(row.path("time").asLong()).atZone(ZoneId.systemDefault())));
        line.append(' ')
                .append(row.path("client").asText())
                .append(": ")
                .append(by)
                .append(row.path("method").asText());
        line.append(' ')
                .append(row.path("scheme").asText())
                .append("://")
                .append(row.path("host").asText());
        int port = row.path("port").asInt();
        int own = row.path("scheme").asText().equals("http") ? 80 : 443;
        return line.append(port == own ? "" : ":" + port)
                .append(row.path("path").asText());
    }
}
