package egress.ca;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** Text encodings of certificates and keys (RFC 7468), read as leniently as OpenSSL does: text around the blocks is skipped. */
final class Pem {
    private static final String BEGIN = "-----BEGIN ";
    private static final String END = "-----END ";
    private static final String DASHES = "-----";

    private Pem() {}

    /** One block, without its armour. */
    static final class Block {
        private final String label;
        private final boolean encrypted;
        private final byte[] content;

        private Block(String label, boolean encrypted, byte[] content) {
            this.label = label;
            this.encrypted = encrypted;
            this.content = content;
        }

        /** For example {@code CERTIFICATE}. */
        String label() {
            return label;
        }

        /** Whether the label or RFC 1421 headers say so, as OpenSSL's traditional key files do; the content is then empty. */
        boolean encrypted() {
            return encrypted;
        }

        /** The decoded content. */
        byte[] content() {
            return content;
        }
    }

    /** A block that does not end, or that is not base64. The message says which; it holds nothing of the block's content. */
    static final class Malformed extends Exception {
        private static final long serialVersionUID = 1L;

        Malformed(String message) {
            super(message);
        }
    }

    static List<Block> parse(String text) throws Malformed {
        List<Block> blocks = new ArrayList<>();
        String label = null;
        boolean encrypted = false;
        StringBuilder base64 = new StringBuilder();
        for (String raw : text.lines().toList()) {
            String line = raw.strip();
            if (label == null) {
                if (line.startsWith(BEGIN)
                        && line.endsWith(DASHES)
                        && line.length() > BEGIN.length() + DASHES.length()) {
                    label = line.substring(BEGIN.length(), line.length() - DASHES.length());
                    encrypted = label.startsWith("ENCRYPTED ");
                    base64.setLength(0);
                }
            } else if (line.equals(END + label + DASHES)) {
                blocks.add(new Block(label, encrypted, encrypted ? new byte[0] : decode(label, base64)));
                label = null;
            } else if (line.startsWith(DASHES)) {
                throw new Malformed("a block \"" + label + "\" that does not end");
            } else if (line.indexOf(':') >= 0) {
                encrypted |= line.startsWith("Proc-Type:") && line.contains("ENCRYPTED");
            } else {
                base64.append(line);
            }
        }
        if (label != null) {
            throw new Malformed("a block \"" + label + "\" that does not end");
        }
        return blocks;
    }

    private static byte[] decode(String label, StringBuilder base64) throws Malformed {
        try {
            return Base64.getDecoder().decode(base64.toString());
        } catch (IllegalArgumentException e) {
            throw new Malformed("a block \"" + label + "\" that is not base64");
        }
    }

    static String encode(String label, byte[] content) {
        String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
        return BEGIN + label + DASHES + "\n" + body + "\n" + END + label + DASHES + "\n";
    }

    static byte[] encodeBytes(String label, byte[] content) {
        return encode(label, content).getBytes(StandardCharsets.US_ASCII);
    }
}
