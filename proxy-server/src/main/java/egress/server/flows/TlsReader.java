package egress.server.flows;

import egress.exchange.TlsFacts;
import egress.server.log.SecretMasker;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads what a handshake agreed on, once a connection: a certificate takes longer than the rest of a flow. Of one thread. */
final class TlsReader {
    private static final int MOST_NAMES = 20;
    private static final int LONGEST_NAME = 1_000;
    private static final int MOST_KNOWN = 256;

    private final Map<TlsFacts, Flow.Tls> known = new LinkedHashMap<>();
    private @Nullable SecretMasker knownBy;

    /** The same with secrets masked, since an origin may put into its certificate what it received; null of null. */
    Flow.@Nullable Tls read(@Nullable TlsFacts facts, SecretMasker masker) {
        if (facts == null) {
            return null;
        }
        if (knownBy != masker || known.size() >= MOST_KNOWN) {
            known.clear();
            knownBy = masker;
        }
        Flow.Tls read = known.get(facts);
        if (read == null) {
            X509Certificate certificate = facts.certificate();
            read = new Flow.Tls(
                    facts.version(),
                    facts.cipher(),
                    facts.protocol().isEmpty() ? null : facts.protocol(),
                    certificate == null ? null : certificate(certificate, masker));
            known.put(facts, read);
        }
        return read;
    }

    private static Flow.@Nullable Certificate certificate(X509Certificate of, SecretMasker masker) {
        List<String> names = names(of);
        int shown = Math.min(names.size(), MOST_NAMES);
        try {
            return new Flow.Certificate(
                    name(of.getSubjectX500Principal().getName(), masker),
                    name(of.getIssuerX500Principal().getName(), masker),
                    of.getNotBefore().toInstant(),
                    of.getNotAfter().toInstant(),
                    names.subList(0, shown).stream()
                            .map(each -> name(each, masker))
                            .toList(),
                    names.size() - shown,
                    HexFormat.of()
                            .formatHex(MessageDigest.getInstance("SHA-256").digest(of.getEncoded())));
        } catch (CertificateEncodingException e) {
            return null; // it was verified all the same
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // each Java has it
        }
    }

    private static String name(String text, SecretMasker masker) {
        return masker.text(text.length() > LONGEST_NAME ? text.substring(0, LONGEST_NAME) : text);
    }

    /** Names and addresses (RFC 5280 §4.2.1.6); what is neither is left out. */
    private static List<String> names(X509Certificate of) {
        List<String> names = new ArrayList<>();
        try {
            Collection<List<?>> all = of.getSubjectAlternativeNames();
            if (all != null) {
                for (List<?> each : all) {
                    if (each.size() > 1 && each.get(1) instanceof String name) {
                        names.add(name);
                    }
                }
            }
        } catch (CertificateParsingException e) {
            // it has none that can be read
        }
        return names;
    }
}
