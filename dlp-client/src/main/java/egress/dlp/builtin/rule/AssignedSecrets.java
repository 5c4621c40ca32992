package egress.dlp.builtin.rule;

import egress.dlp.Detector;
import egress.dlp.builtin.match.CharTables;
import egress.dlp.builtin.match.Randomness;
import egress.dlp.builtin.scan.ScanContext;
import egress.dlp.builtin.scan.Segment;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;

/** A random-looking value assigned to a name such as {@code password}, in env, YAML, JSON, INI, shell or code. */
public final class AssignedSecrets {
    private static final int LONGEST_NAME = 48;
    private static final List<String> NAMES = List.of(
            "password",
            "passwd",
            "passphrase",
            "pwd",
            "secret",
            "secretkey",
            "token",
            "apikey",
            "accesskey",
            "privatekey",
            "authkey",
            "signingkey",
            "encryptionkey",
            "masterkey",
            "clientsecret",
            "credential",
            "credentials",
            "appkey",
            "licensekey",
            "servicekey",
            "sharedkey",
            "accountkey",
            "subscriptionkey",
            "apitoken",
            "accesstoken",
            "pass",
            "deploykey",
            "sessionkey",
            "webhooksecret",
            "authorization");
    private static final List<String> VENDORS = List.of(
            "aws",
            "cloudflare",
            "datadog",
            "heroku",
            "mistral",
            "cohere",
            "twilio",
            "algolia",
            "auth0",
            "okta",
            "pagerduty",
            "firebase",
            "mongodb",
            "fastly",
            "azure",
            "openai",
            "deepseek",
            "gemini",
            "anthropic",
            "github",
            "gitlab",
            "stripe",
            "slack",
            "sendgrid",
            "mailgun",
            "postmark",
            "netlify",
            "vercel",
            "circleci",
            "travis",
            "codecov",
            "snyk",
            "sonar",
            "wandb",
            "newrelic",
            "honeycomb",
            "bugsnag",
            "rollbar",
            "plaid",
            "square",
            "paypal",
            "shopify",
            "zendesk",
            "intercom",
            "hubspot",
            "salesforce",
            "dropbox",
            "twitter",
            "facebook",
            "discord",
            "telegram",
            "zoom",
            "jira",
            "asana",
            "trello",
            "linode",
            "vultr",
            "hetzner",
            "scaleway",
            "ovh",
            "rapidapi",
            "assemblyai",
            "deepgram",
            "azure");

    private final ScanContext run;
    private final Segment segment;

    public AssignedSecrets(ScanContext run, Segment segment) {
        this.run = run;
        this.segment = segment;
    }

    /** A part of a telling name stands at {@code at}. */
    public void named(byte[] b, int at) {
        int to = segment.to();
        int end = at;
        while (end < to && end - at < LONGEST_NAME && isName(b[end])) {
            end++;
        }
        int value = afterOperator(b, end, to);
        if (value < 0) {
            return;
        }
        int start = at;
        while (start > segment.low() && end - start < LONGEST_NAME && isName(b[start - 1])) {
            start--;
        }
        int stop = endOfValue(b, value, to);
        int n = stop - value;
        if (n < 8 || n > 200 || !looksMade(b, value, stop)) {
            return;
        }
        String name = new String(b, start, end - start, StandardCharsets.ISO_8859_1)
                .toLowerCase(Locale.ROOT)
                .replaceAll("[_.-]", "");
        if (NAMES.stream().noneMatch(name::endsWith)) {
            return;
        }
        boolean vendor =
                n >= 20 && Randomness.strict(b, value, stop) && VENDORS.stream().anyMatch(name::contains);
        if (vendor) {
            run.report("vendor_key", Detector.TOKEN_PATTERNS, segment.view(), b, value, stop);
        } else {
            run.report("assigned_secret", Detector.ASSIGNED_SECRETS, segment.view(), b, value, stop);
        }
    }

    // "name": value, name = value, name := value, name => value, with quotes plain or escaped.
    private static int afterOperator(byte[] b, int from, int to) {
        int i = skipQuote(b, from, to);
        i = i < to && b[i] == ']' ? i + 1 : i;
        i = skipSpace(b, i, to);
        if (i >= to) {
            return -1;
        }
        if (b[i] == ':') {
            i += i + 1 < to && b[i + 1] == '=' ? 2 : 1;
        } else if (b[i] == '=') {
            i += i + 1 < to && b[i + 1] == '>' ? 2 : 1;
            if (i < to && b[i] == '=') {
                return -1;
            }
        } else {
            return -1;
        }
        i = skipSpace(b, i, to);
        return skipQuote(b, i, to);
    }

    private static int skipQuote(byte[] b, int i, int to) {
        if (i + 1 < to && b[i] == '\\' && (b[i + 1] == '"' || b[i + 1] == '\'')) {
            return i + 2;
        }
        return i < to && (b[i] == '"' || b[i] == '\'' || b[i] == '`') ? i + 1 : i;
    }

    private static int skipSpace(byte[] b, int from, int to) {
        int i = from;
        while (i < to && i - from < 8 && (b[i] == ' ' || b[i] == '\t')) {
            i++;
        }
        return i;
    }

    private static int endOfValue(byte[] b, int from, int to) {
        int i = from;
        while (i < to && i - from <= 200 && b[i] > ' ' && "\"'`\\,;&<>)}]|#".indexOf(b[i]) < 0) {
            if (b[i] == '=' && i + 1 < to && CharTables.isWord(b[i + 1])) {
                return i;
            }
            i++;
        }
        return i;
    }

    private static boolean looksMade(byte[] b, int from, int to) {
        int digits = 0;
        int letters = 0;
        for (int i = from; i < to; i++) {
            byte c = b[i];
            if (c == '(' || c == '$' || c == '{' || c == '[' || c < 0) {
                return false;
            }
            digits += c >= '0' && c <= '9' ? 1 : 0;
            letters += (c | 32) >= 'a' && (c | 32) <= 'z' ? 1 : 0;
        }
        if (digits == 0 || letters == 0 || !Randomness.plausible(b, from, to)) {
            return false;
        }
        String lower = new String(b, from, to - from, StandardCharsets.ISO_8859_1).toLowerCase(Locale.ROOT);
        boolean path = lower.contains("://") || lower.startsWith("/") || lower.startsWith("./") || lower.contains("::");
        return !path
                && !Randomness.placeholderWord(lower)
                && !Randomness.common(lower)
                && Randomness.transitions(b, from, to) >= 3
                && Randomness.entropy(b, from, to) >= (to - from < 12 ? 2.5 : 3.0);
    }

    private static boolean isName(byte c) {
        return CharTables.isWord(c) || c == '_' || c == '-' || c == '.';
    }
}
