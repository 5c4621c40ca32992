package egress.testkit.origin;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** A name server on loopback (RFC 1035), over UDP and TCP: answers, lies, keeps silent and truncates as it is told. */
public final class NameServer implements Closeable {
    private static final int A = 1;
    private static final int CNAME = 5;
    private static final int AAAA = 28;
    private static final int NXDOMAIN = 3;
    private static final int HEADER = 12;

    /**
     * A query as it came.
     *
     * @param name as it was spelt
     * @param port whence it came
     */
    public record Query(String name, int type, int id, int port, boolean tcp) {}

    /** A resource record of a name (RFC 1035 §4.1.3). */
    private static final class Entry {
        private final int type;
        private final byte[] data;
        private final int ttl;

        Entry(int type, byte[] data, int ttl) {
            this.type = type;
            this.data = data;
            this.ttl = ttl;
        }
    }

    /** Every query, in order. */
    public final List<Query> queries = new CopyOnWriteArrayList<>();

    private final DatagramSocket udp;
    private final ServerSocket tcp;
    private final Map<String, List<Entry>> records = new ConcurrentHashMap<>();
    private final Set<String> silent = ConcurrentHashMap.newKeySet();
    private final Set<String> truncated = ConcurrentHashMap.newKeySet();
    private final Map<String, Integer> errors = new ConcurrentHashMap<>();

    /** Listens on a port of 127.0.0.1 that is free for both. */
    public NameServer() throws IOException {
        InetAddress loopback = InetAddress.ofLiteral("127.0.0.1");
        tcp = new ServerSocket(0, 64, loopback);
        udp = new DatagramSocket(new InetSocketAddress(loopback, tcp.getLocalPort()));
        Thread.ofVirtual().start(this::serveUdp);
        Thread.ofVirtual().start(this::serveTcp);
    }

    public InetSocketAddress address() {
        return new InetSocketAddress(tcp.getInetAddress(), tcp.getLocalPort());
    }

    /** Gives a name its addresses, instead of what it had. */
    public NameServer name(String name, int ttl, String... literals) {
        List<Entry> all = new ArrayList<>();
        for (String literal : literals) {
            byte[] address = InetAddress.ofLiteral(literal).getAddress();
            all.add(new Entry(address.length == 4 ? A : AAAA, address, ttl));
        }
        records.put(name, List.copyOf(all));
        return this;
    }

    public NameServer alias(String name, int ttl, String other) {
        records.put(name, List.of(new Entry(CNAME, encode(other), ttl)));
        return this;
    }

    /** Never answers for the name, nor for any below it. */
    public NameServer silent(String name) {
        silent.add(name);
        return this;
    }

    /** Answers it by TCP alone. */
    public NameServer truncated(String name) {
        truncated.add(name);
        return this;
    }

    /** It exists, and has no address. */
    public NameServer empty(String name) {
        records.put(name, List.of());
        return this;
    }

    /** Answers with this code. */
    public NameServer error(String name, int code) {
        errors.put(name, code);
        return this;
    }

    private void serveUdp() {
        byte[] buffer = new byte[4_096];
        try {
            while (true) {
                DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
                udp.receive(packet);
                byte[] answer = answer(Arrays.copyOf(buffer, packet.getLength()), packet.getPort(), false);
                if (answer.length > 0) {
                    udp.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
                }
            }
        } catch (IOException e) {
            // closed
        }
    }

    private void serveTcp() {
        try {
            while (true) {
                Socket socket = tcp.accept();
                Thread.ofVirtual().start(() -> {
                    try (socket) {
                        DataInputStream in = new DataInputStream(socket.getInputStream());
                        byte[] query = in.readNBytes(in.readUnsignedShort());
                        byte[] answer = answer(query, socket.getPort(), true);
                        DataOutputStream out = new DataOutputStream(socket.getOutputStream());
                        out.writeShort(answer.length);
                        out.write(answer);
                        out.flush();
                        in.read();
                    } catch (IOException e) {
                        // gone
                    }
                });
            }
        } catch (IOException e) {
            // closed
        }
    }

    private byte[] answer(byte[] query, int port, boolean isTcp) throws IOException {
        StringBuilder spelt = new StringBuilder();
        int at = HEADER;
        while (query[at] != 0) {
            if (!spelt.isEmpty()) {
                spelt.append('.');
            }
            for (int i = 1; i <= query[at]; i++) {
                spelt.append((char) query[at + i]);
            }
            at += query[at] + 1;
        }
        int type = query[at + 1] << 8 | query[at + 2] & 0xFF;
        int questionEnd = at + 5;
        int id = (query[0] & 0xFF) << 8 | query[1] & 0xFF;
        queries.add(new Query(spelt.toString(), type, id, port, isTcp));
        String name = spelt.toString().toLowerCase(Locale.ROOT);
        if (silent.stream().anyMatch(one -> name.equals(one) || name.endsWith("." + one))) {
            return new byte[0];
        }
        List<Entry> known = records.get(name);
        boolean cut = !isTcp && truncated.contains(name);
        int code = errors.getOrDefault(name, known == null ? NXDOMAIN : 0);
        List<Entry> answers = known == null || cut || code != 0
                ? List.of()
                : known.stream()
                        .filter(one -> one.type == type || one.type == CNAME)
                        .toList();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        out.writeShort(id);
        out.writeShort(0x8180 | (cut ? 0x0200 : 0) | code);
        out.writeShort(1);
        out.writeShort(answers.size());
        out.writeInt(0);
        out.write(query, HEADER, questionEnd - HEADER);
        for (Entry answer : answers) {
            out.writeShort(0xC000 | HEADER);
            out.writeShort(answer.type);
            out.writeShort(1);
            out.writeInt(answer.ttl);
            out.writeShort(answer.data.length);
            out.write(answer.data);
        }
        return bytes.toByteArray();
    }

    private static byte[] encode(String name) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (String label : name.split("\\.", -1)) {
            out.write(label.length());
            label.chars().forEach(out::write);
        }
        out.write(0);
        return out.toByteArray();
    }

    @Override
    public void close() throws IOException {
        udp.close();
        tcp.close();
    }
}
