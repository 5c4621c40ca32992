package egress.dlp.builtin.rule;

import egress.dlp.Profile.Likeness;
import egress.dlp.builtin.match.Base58;
import egress.dlp.builtin.match.CharTables;
import egress.dlp.builtin.match.Randomness;
import egress.dlp.builtin.scan.Segment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Locale;
import java.util.Set;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/** What a match must be besides its shape. */
final class ValueChecks {
    private static final Set<String> DATABASES = Set.of(
            "postgres",
            "postgresql",
            "mysql",
            "mysqlx",
            "mariadb",
            "mongodb",
            "mongodb+srv",
            "redis",
            "rediss",
            "valkey",
            "amqp",
            "amqps",
            "mssql",
            "sqlserver",
            "clickhouse",
            "cockroachdb",
            "cassandra",
            "couchbase",
            "couchdb",
            "nats",
            "tls",
            "mqtt",
            "mqtts",
            "kafka",
            "ldap",
            "ldaps",
            "smtp",
            "smtps",
            "imap",
            "imaps",
            "ftp",
            "ftps",
            "sftp",
            "ssh",
            "neo4j",
            "bolt",
            "neo4j+s",
            "bolt+s",
            "elasticsearch",
            "influxdb",
            "oracle",
            "db2",
            "snowflake",
            "redshift",
            "vertica",
            "memcached",
            "rabbitmq",
            "pulsar",
            "stomp",
            "ws",
            "wss",
            "cloudinary",
            "socks5",
            "telnet",
            "rtsp",
            "postgresql+psycopg2",
            "postgresql+asyncpg",
            "postgres+asyncpg",
            "mysql+pymysql",
            "mysql2",
            "mongo",
            "surrealdb",
            "trino",
            "presto",
            "hive",
            "firebird",
            "tidb",
            "timescaledb",
            "planetscale",
            "libsql",
            "sentinel",
            "zookeeper");
    private static final String BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private static final int KEY_BLOCK = 16_384;
    private static final int SHORTEST_KEY = 16;
    /** More characters than these before an ellipsis are a part of a key: the shortest keys have 64. */
    private static final int LEFT_OUT = 33;
    /** The price of reading around a key block or a JWK, in scanned bytes. */
    static final int COST = 4096;

    private ValueChecks() {}

    /** Where the value stands, and the value without what may vary around it. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Value(int start, int end, byte[] canonical, Likeness likeness) {}

    /** The value when it is one worth reporting, else null. {@code at} is where the keyword stands. */
    static @Nullable Value apply(TokenRule rule, Segment s, int start, int at, int end) {
        TokenRule.Check check = rule.check();
        byte[] b = s.b();
        if (rule.isForm(b, at)) {
            Likeness likeness = check == TokenRule.Check.GITHUB && github(b, start, end)
                    ? Likeness.REAL
                    : VendorForm.likeness(b, start, rule.before() == null ? at + rule.keywordAt(b, at) : start, end);
            if (check == TokenRule.Check.BASE58 && likeness == Likeness.REAL && Base58.checked(b, start, end) == null) {
                likeness = Likeness.MADE_UP;
            }
            return new Value(start, end, Arrays.copyOfRange(b, start, end), likeness);
        }
        Value found = checked(rule, s, start, at, end);
        return found != null && VendorForm.isDocumented(b, found.start(), found.end())
                ? new Value(found.start(), found.end(), found.canonical(), Likeness.EXAMPLE)
                : found;
    }

    private static @Nullable Value checked(TokenRule rule, Segment s, int start, int at, int end) {
        TokenRule.Check check = rule.check();
        byte[] b = s.b();
        if (check == null) {
            return Randomness.plausible(b, start, end) ? value(b, start, end) : null;
        }
        return switch (check) {
            case MADE -> Randomness.plausible(b, start, end) ? value(b, start, end) : null;
            case STRICT -> Randomness.strict(b, start, end) ? value(b, start, end) : null;
            case ALONE -> isAlone(s, start, end) && Randomness.plausible(b, start, end) ? value(b, start, end) : null;
            case SECP256K1 -> WalletForms.secp256k1(b, start, end);
            case KEYSTORE -> WalletForms.keystore(s, at);
            case GITHUB, VENDOR, EXACT, BASE58 -> value(b, start, end);
            case JWT -> jwt(b, start, end) ? value(b, start, end) : null;
            case PEM -> keyBlock(s, start, end);
            case JWK -> jwk(s, at);
            case URL -> url(b, start, at, end);
            case PASSWORD -> passwordIn(b, start, end);
            case ODBC -> odbc(s, at, start, end);
        };
    }

    private static boolean isAlone(Segment s, int start, int end) {
        byte[] b = s.b();
        boolean escape = start - 2 >= s.low() && b[start - 2] == '\\' && "nrt".indexOf(b[start - 1]) >= 0;
        boolean before = start > s.low() && isUnreserved(b[start - 1]) && !escape;
        return !before && (end >= s.to() || !isUnreserved(s.b()[end]));
    }

    // RFC 3986, section 2.3.
    private static boolean isUnreserved(byte c) {
        return CharTables.isWord(c) || c == '.' || c == '_' || c == '~' || c == '-';
    }

    private static Value value(byte[] b, int start, int end) {
        return new Value(start, end, Arrays.copyOfRange(b, start, end), Likeness.REAL);
    }

    // The last six characters are the CRC-32 of the rest after the prefix, in base 62; right by chance once in 56
    // billion.
    private static boolean github(byte[] b, int start, int end) {
        if (end - start != 40 || b[start + 3] != '_') {
            return false;
        }
        CRC32 crc = new CRC32();
        crc.update(b, start + 4, 30);
        long rest = crc.getValue();
        for (int i = end - 1; i >= end - 6; i--) {
            if (b[i] != BASE62.charAt((int) (rest % 62))) {
                return false;
            }
            rest /= 62;
        }
        return true;
    }

    private static boolean jwt(byte[] b, int start, int end) {
        int dot = start;
        while (dot < end && b[dot] != '.') {
            dot++;
        }
        String header = decoded(b, start, dot);
        return header.startsWith("{") && (header.contains("\"alg\"") || header.contains("\"enc\""));
    }

    private static String decoded(byte[] b, int start, int end) {
        int n = end - start - ((end - start) % 4 == 1 ? 1 : 0);
        try {
            byte[] out = Base64.getUrlDecoder().decode(Arrays.copyOfRange(b, start, start + n));
            return new String(out, StandardCharsets.ISO_8859_1);
        } catch (IllegalArgumentException notBase64) {
            return "";
        }
    }

    // A header line without key material behind it is text about keys.
    private static @Nullable Value keyBlock(Segment s, int start, int end) {
        byte[] b = s.b();
        int to = Math.min(s.to(), end + KEY_BLOCK);
        byte[] material = new byte[Math.min(KEY_BLOCK, Math.max(0, to - end))];
        int n = 0;
        int run = 0;
        int best = 0;
        int i = end;
        int stop = end;
        while (i < to && n < material.length) {
            byte c = b[i];
            if (isBase64(c) && !(c == '-' && i + 1 < to && b[i + 1] == '-')) {
                material[n++] = c;
                run++;
                best = Math.max(best, run);
                stop = ++i;
            } else if (c == '-' || c == '.' || (best < SHORTEST_KEY && i - end > 400)) {
                break;
            } else {
                boolean escape = c == '\\' && i + 1 < to && "nrt".indexOf(b[i + 1]) >= 0;
                run = escape || c == '\n' || c == '\r' ? run : 0;
                i += escape ? 2 : 1;
                if (run == 0 && best < SHORTEST_KEY) {
                    n = 0;
                    best = 0;
                }
            }
        }
        if (best < SHORTEST_KEY) {
            return new Value(start, end, Arrays.copyOfRange(b, start, end), Likeness.EXAMPLE);
        }
        int from = Math.max(0, n - 4000);
        boolean drawn =
                Randomness.distinct(material, from, n) >= 12 && Randomness.transitions(material, from, n) >= n / 6;
        int close = endLine(b, stop, Math.min(s.to(), stop + 80));
        Likeness likeness = n < LEFT_OUT && isLeftOut(b, stop, close, s.to())
                ? Likeness.EXAMPLE
                : drawn ? Likeness.REAL : Likeness.MADE_UP;
        return new Value(start, close, Arrays.copyOf(material, n), likeness);
    }

    /** Whether dots stand for the key, with nothing behind them but the closing line: MIIEpAIBAAKCAQEA... */
    private static boolean isLeftOut(byte[] b, int stop, int close, int to) {
        int i = stop;
        while (i < to && b[i] == '.') {
            i++;
        }
        if (i - stop < 3) {
            return false;
        }
        int end = close > stop ? close : Math.min(to, stop + 80);
        while (i < end && b[i] != '-') {
            if (isBase64(b[i]) && !(b[i - 1] == '\\' && "nrt".indexOf(b[i]) >= 0)) {
                return false;
            }
            i++;
        }
        return true;
    }

    private static int endLine(byte[] b, int from, int to) {
        int dashes = 0;
        boolean inside = false;
        for (int i = from; i < to; i++) {
            if (b[i] == '-') {
                dashes++;
                if (inside && dashes >= 9) {
                    int end = i + 1;
                    while (end < to && b[end] == '-') {
                        end++;
                    }
                    return end;
                }
                inside |= dashes >= 4;
            }
        }
        return from;
    }

    private static boolean isBase64(byte c) {
        return CharTables.isWord(c) || c == '+' || c == '/' || c == '=';
    }

    // RFC 7517: only a private or symmetric key has the member d or k.
    private static @Nullable Value jwk(Segment s, int at) {
        byte[] b = s.b();
        int from = Math.max(s.low(), at - 2000);
        int to = Math.min(s.to(), at + 3000);
        for (int i = from; i + 8 < to; i++) {
            if (b[i] == '"' && (b[i + 1] == 'd' || b[i + 1] == 'k') && (b[i + 2] == '"' || b[i + 2] == '\\')) {
                int v = i + 2;
                while (v < to && "\" :\\".indexOf(b[v]) >= 0) {
                    v++;
                }
                int end = v;
                while (end < to && (CharTables.isWord(b[end]) || b[end] == '-' || b[end] == '_')) {
                    end++;
                }
                if (end - v >= 20 && Randomness.plausible(b, v, end)) {
                    return value(b, v, end);
                }
            }
        }
        return null;
    }

    private static @Nullable Value url(byte[] b, int start, int at, int end) {
        String scheme = new String(b, start, at - start, StandardCharsets.ISO_8859_1);
        // A scheme begins with a letter (RFC 3986, section 3.1); a digit in front of it is something else, a length for
        // instance.
        scheme = scheme.substring(scheme.lastIndexOf(':') + 1).replaceFirst("^[0-9+]+", "");
        int sign = end;
        while (b[sign - 1] != '@') {
            sign--;
        }
        sign--;
        int colon = at + 3;
        while (b[colon] != ':') {
            colon++;
        }
        String user = new String(b, at + 3, colon - at - 3, StandardCharsets.ISO_8859_1);
        boolean database = DATABASES.contains(scheme) || DATABASES.contains(scheme.replaceFirst("\\+.*", ""));
        boolean web = scheme.equals("http") || scheme.equals("https") || scheme.equals("git");
        if (!database && !web) {
            return null;
        }
        if (!Randomness.password(b, colon + 1, sign, user)) {
            return null;
        }
        if (web && (sign - colon < 9 || Randomness.transitions(b, colon + 1, sign) < 2)) {
            return null;
        }
        return value(b, colon + 1, sign);
    }

    private static @Nullable Value passwordIn(byte[] b, int start, int end) {
        String url = new String(b, start, end - start, StandardCharsets.ISO_8859_1);
        int name = url.toLowerCase(Locale.ROOT).indexOf("password=");
        if (name < 0) {
            return null;
        }
        int from = start + name + "password=".length();
        int to = from;
        while (to < end && b[to] != '&' && b[to] != ';') {
            to++;
        }
        return Randomness.password(b, from, to, "") ? value(b, from, to) : null;
    }

    // Password=... alone is code; with a server or a user in the same string it is a connection string.
    private static @Nullable Value odbc(Segment s, int at, int start, int end) {
        int key = (s.b()[at] | 32) == 'a' ? at - 1 : at;
        byte before = key > s.low() ? s.b()[key - 1] : 0;
        if (CharTables.isWord(before) || before == '_' || before == '.' || before == '$') {
            return null; // a member of an object
        }
        int from = Math.max(s.low(), at - 300);
        int to = Math.min(s.to(), end + 200);
        String around = new String(s.b(), from, to - from, StandardCharsets.ISO_8859_1);
        boolean connection = around.contains(";")
                && (around.contains("erver=")
                        || around.contains("ata Source=")
                        || around.contains("ost=")
                        || around.contains("ser I")
                        || around.contains("id=")
                        || around.contains("ser="));
        return connection && Randomness.password(s.b(), start, end, "") ? value(s.b(), start, end) : null;
    }
}
