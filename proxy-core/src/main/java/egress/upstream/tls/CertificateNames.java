package egress.upstream.tls;

import egress.http.Printable;
import io.netty.util.NetUtil;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;

/**
 * For whom a certificate speaks (RFC 9525): its subject alternative names, never its common name. A wildcard is a
 * whole leftmost label and stands for exactly one, below at least two more labels; an IP literal needs an iPAddress.
 */
final class CertificateNames {
    private static final int DNS_NAME = 2;
    private static final int IP_ADDRESS = 7;

    private final List<String> dnsNames = new ArrayList<>();
    private final List<String> addresses = new ArrayList<>();

    private CertificateNames() {}

    static CertificateNames of(X509Certificate certificate) throws CertificateParsingException {
        CertificateNames names = new CertificateNames();
        Collection<List<?>> all = certificate.getSubjectAlternativeNames();
        if (all != null) {
            for (List<?> name : all) {
                if (name.get(0).equals(DNS_NAME)) {
                    names.dnsNames.add(((String) name.get(1)).toLowerCase(Locale.ROOT));
                } else if (name.get(0).equals(IP_ADDRESS)) {
                    names.addresses.add((String) name.get(1));
                }
            }
        }
        return names;
    }

    /**
     * @param host lower case, or an IP literal without brackets
     */
    boolean include(String host) {
        byte[] address = NetUtil.createByteArrayFromIpAddressString(host);
        if (address != null) {
            return addresses.stream()
                    .anyMatch(one -> Arrays.equals(address, NetUtil.createByteArrayFromIpAddressString(one)));
        }
        return dnsNames.stream().anyMatch(pattern -> matches(pattern, host));
    }

    private static boolean matches(String pattern, String host) {
        if (!pattern.startsWith("*.")) {
            return pattern.equals(host) && pattern.indexOf('*') < 0;
        }
        String below = pattern.substring(1);
        int firstDot = host.indexOf('.');
        return below.indexOf('.', 1) > 0
                && below.indexOf('*') < 0
                && firstDot > 0
                && host.substring(firstDot).equals(below);
    }

    /** A few of the names, for people. */
    String words() {
        List<String> all = new ArrayList<>(dnsNames);
        all.addAll(addresses);
        if (all.isEmpty()) {
            return "no name at all";
        }
        int shown = Math.min(all.size(), 5);
        String list = String.join(", ", all.subList(0, shown));
        return Printable.quote(list) + (all.size() > shown ? " and " + (all.size() - shown) + " more" : "");
    }
}
