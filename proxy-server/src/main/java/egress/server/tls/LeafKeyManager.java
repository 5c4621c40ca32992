package egress.server.tls;

import egress.ca.LeafCertificate;
import io.netty.handler.ssl.util.LazyX509Certificate;
import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/**
 * Gives each TLS engine the leaf that was pinned for it: the alias is the leaf's opaque id, and the engine carries it as its peer host. An id is never
 * reused, so whatever a TLS library caches by alias stays right, and a renewed leaf is another entry.
 *
 * <p>Only the leaves pinned last are known. A library that asks for one that was forgotten learns that there is none: Netty then drops its native copy
 * (its cache does so for every such alias when it is full), and a handshake that came so late fails.
 */
final class LeafKeyManager extends X509ExtendedKeyManager {
    private static final String EC = "EC";

    private final int capacity;
    /** In the order in which they were pinned last; being asked for does not count, because a cache that looks for what is forgotten asks too. */
    private final SequencedMap<String, Pinned> pinned = new LinkedHashMap<>();

    private long keysGiven;

    private record Pinned(PrivateKey key, List<byte[]> encodedChain) {}

    /** @param capacity leaves known at the same time */
    LeafKeyManager(int capacity) {
        this.capacity = capacity;
    }

    /** Makes a leaf known, or remembers that it is in use still. */
    synchronized void pin(LeafCertificate leaf) {
        Pinned known = pinned.remove(leaf.id());
        pinned.put(leaf.id(), known != null ? known : new Pinned(leaf.privateKey(), leaf.encodedChain()));
        if (pinned.size() > capacity) {
            pinned.pollFirstEntry();
        }
    }

    private synchronized @Nullable Pinned find(@Nullable String alias) {
        return alias == null ? null : pinned.get(alias);
    }

    @Override
    public @Nullable String chooseEngineServerAlias(
            String keyType, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
        if (!keyType.equals(EC) || engine == null) {
            return null;
        }
        String id = engine.getPeerHost();
        return find(id) == null ? null : id;
    }

    /**
     * Never the same objects twice: by them Netty 4.2.20 knows its last key material again, and where two handshakes bring a
     * new leaf at the same time its cache then counts that material once too often and never frees it.
     */
    @Override
    public X509Certificate @Nullable [] getCertificateChain(@Nullable String alias) {
        Pinned leaf = find(alias);
        // The leaf's encoding is all that is sent: no need to parse what this process has just written.
        return leaf == null
                ? null
                : leaf.encodedChain.stream().map(LazyX509Certificate::new).toArray(X509Certificate[]::new);
    }

    @Override
    public @Nullable PrivateKey getPrivateKey(@Nullable String alias) {
        Pinned leaf = find(alias);
        if (leaf == null) {
            return null;
        }
        synchronized (this) {
            keysGiven++;
        }
        return leaf.key;
    }

    /** How often a TLS library took the key; the native one takes it once for each leaf that it comes to hold. */
    synchronized long keysGiven() {
        return keysGiven;
    }

    synchronized int size() {
        return pinned.size();
    }

    @Override
    public String @Nullable [] getServerAliases(String keyType, Principal @Nullable [] issuers) {
        return null; // they are opaque, and only the engine's own is any use
    }

    @Override
    public @Nullable String chooseServerAlias(String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
        return null; // no engine, no leaf
    }

    @Override
    public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
        return null; // the gate never is a client with these
    }

    @Override
    public @Nullable String chooseClientAlias(
            String @Nullable [] keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
        return null;
    }
}
