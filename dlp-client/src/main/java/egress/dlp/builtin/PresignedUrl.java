package egress.dlp.builtin;

import egress.dlp.Detector;
import egress.dlp.Place;
import egress.dlp.ScanRequest;
import egress.dlp.builtin.scan.Excuse;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The query of a presigned link: it carries a signature for one object and the name of the key that made it, which storage services
 * hand out for downloads. Only a link that is whole in its vendor's form is one, and only the parameters of that form are excused.
 */
final class PresignedUrl implements Excuse {
    private static final int MOST_PARAMETERS = 64;

    /** A parameter's value, and the only detector whose findings in it are excused. */
    private record Signed(String detector, String raw, String decoded) {}

    /** What the value of a parameter must look like. */
    private record Form(String parameter, Pattern value) {
        Form(String parameter, String value) {
            this(parameter, Pattern.compile(value));
        }
    }

    /** Signature version 4 of Amazon S3, in the query. */
    private static final List<Form> S3 = List.of(
            new Form("x-amz-algorithm", "AWS4-HMAC-SHA256"),
            new Form("x-amz-credential", "[A-Z0-9]{16,128}/[0-9]{8}/[a-z0-9-]{1,40}/s3/aws4_request"),
            new Form("x-amz-date", "[0-9]{8}T[0-9]{6}Z"),
            new Form("x-amz-expires", "[0-9]{1,6}"),
            new Form("x-amz-signedheaders", "[a-z0-9;-]{4,200}"),
            new Form("x-amz-signature", "[0-9a-f]{64}"));

    /** Its version 2. */
    private static final List<Form> S3_OLD = List.of(
            new Form("awsaccesskeyid", "[A-Z0-9]{16,128}"),
            new Form("signature", "[A-Za-z0-9+/]{27}="),
            new Form("expires", "[0-9]{9,11}"));

    /** A shared access signature of Azure's blob storage. */
    private static final List<Form> AZURE = List.of(
            new Form("sv", "20[0-9]{2}-[0-9]{2}-[0-9]{2}"),
            new Form("se", "20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:]{5,8}Z"),
            new Form("sr", "b"),
            new Form("sp", "r"),
            new Form("sig", "[A-Za-z0-9+/]{43}="));

    private final List<Signed> signed = new ArrayList<>(2);

    private PresignedUrl() {}

    /** The excuse for a request; one that changes something has none. */
    static Excuse of(ScanRequest request) {
        String query = request.query();
        boolean reads = request.method().equals("GET") || request.method().equals("HEAD");
        if (!reads || query.indexOf('=') < 0) {
            return Excuse.NONE;
        }
        Map<String, String> parameters = parameters(query);
        PresignedUrl out = new PresignedUrl();
        if (parameters != null && holds(parameters, S3)) {
            out.sign("aws_access_key", "x-amz-credential", parameters);
            out.sign("aws_session_token", "x-amz-security-token", parameters);
        } else if (parameters != null && holds(parameters, S3_OLD)) {
            out.sign("aws_access_key", "awsaccesskeyid", parameters);
            out.sign("aws_session_token", "x-amz-security-token", parameters);
        } else if (parameters != null && holds(parameters, AZURE)) {
            out.sign("azure_sas", "sig", parameters);
        }
        return out.signed.isEmpty() ? Excuse.NONE : out;
    }

    /** By their names in lower case; null where one comes twice, or there are too many. */
    private static @Nullable Map<String, String> parameters(String query) {
        Map<String, String> out = new HashMap<>();
        for (String parameter : query.split("&", MOST_PARAMETERS + 1)) {
            int equals = parameter.indexOf('=');
            String name = equals < 0 ? parameter : parameter.substring(0, equals);
            String value = equals < 0 ? "" : parameter.substring(equals + 1);
            if (out.put(name.toLowerCase(Locale.ROOT), value) != null || out.size() > MOST_PARAMETERS) {
                return null;
            }
        }
        return out;
    }

    private static boolean holds(Map<String, String> parameters, List<Form> forms) {
        for (Form form : forms) {
            String value = parameters.get(form.parameter);
            if (value == null || !form.value.matcher(decoded(value)).matches()) {
                return false;
            }
        }
        return true;
    }

    /** Without percent codes; a plus is itself, as these services have it. */
    private static String decoded(String value) {
        try {
            return URLDecoder.decode(value.replace("+", "%2B"), StandardCharsets.ISO_8859_1);
        } catch (IllegalArgumentException e) {
            return value;
        }
    }

    private void sign(String detector, String parameter, Map<String, String> parameters) {
        String value = parameters.get(parameter);
        if (value != null) {
            // A detector may take the name for a part of what it found.
            signed.add(new Signed(detector, parameter + "=" + value, parameter + "=" + decoded(value)));
        }
    }

    @Override
    public Grade grade(Hit hit) {
        if (!(hit.place() instanceof Place.Query) || hit.category() != Detector.TOKEN_PATTERNS) {
            return Grade.NONE;
        }
        String text = new String(hit.value(), StandardCharsets.ISO_8859_1);
        boolean excused = signed.stream()
                .anyMatch(each -> each.detector.equals(hit.detector())
                        && (each.raw.contains(text) || each.decoded.contains(text)));
        return excused ? Grade.WARNS : Grade.NONE;
    }
}
