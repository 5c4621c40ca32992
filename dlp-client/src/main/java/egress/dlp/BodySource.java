package egress.dlp;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.List;
import java.util.Objects;

/** A body that can be read again, from any position. Its holder keeps it alive and unchanged while it is being read. */
public sealed interface BodySource {

    /** In bytes. */
    long length();

    /**
     * Reads at least one byte, at most {@code count}, from {@code position}.
     *
     * @return how many; -1 only at or beyond the end
     */
    int read(long position, byte[] into, int offset, int count) throws IOException;

    /** No body. */
    static BodySource empty() {
        return new Heap(new byte[0]);
    }

    /** One array, not copied. */
    static BodySource of(byte[] bytes) {
        return new Heap(bytes);
    }

    /** Arrays one after the other, not copied. */
    static BodySource of(List<byte[]> pieces) {
        return joined(pieces.stream().map(BodySource::of).toList());
    }

    /** The first {@code length} bytes of a spool file. */
    static BodySource of(FileChannel channel, long length) {
        return new Spool(channel, length);
    }

    /** Sources one after the other. */
    static BodySource joined(List<BodySource> parts) {
        return parts.size() == 1 ? parts.getFirst() : new Joined(parts);
    }

    /** The bytes from {@code start} on, {@code length} of them. */
    default BodySource slice(long start, long length) {
        Objects.checkFromIndexSize(start, length, length());
        return start == 0 && length == length() ? this : new Slice(this, start, length);
    }

    /** One array on the heap. */
    final class Heap implements BodySource {
        private final byte[] bytes;

        private Heap(byte[] bytes) {
            this.bytes = bytes;
        }

        /** The array itself, so that it can be read in place. */
        public byte[] bytes() {
            return bytes;
        }

        @Override
        public long length() {
            return bytes.length;
        }

        @Override
        public int read(long position, byte[] into, int offset, int count) {
            Objects.checkFromIndexSize(offset, count, into.length);
            if (position >= bytes.length) {
                return -1;
            }
            int n = (int) Math.min(count, bytes.length - position);
            System.arraycopy(bytes, (int) position, into, offset, n);
            return n;
        }
    }

    /** A file on disk. */
    final class Spool implements BodySource {
        private final FileChannel channel;
        private final long length;

        private Spool(FileChannel channel, long length) {
            if (length < 0) {
                throw new IllegalArgumentException("length: " + length + " (expected: >= 0)");
            }
            this.channel = channel;
            this.length = length;
        }

        @Override
        public long length() {
            return length;
        }

        @Override
        public int read(long position, byte[] into, int offset, int count) throws IOException {
            if (position >= length) {
                return -1;
            }
            int n = channel.read(ByteBuffer.wrap(into, offset, (int) Math.min(count, length - position)), position);
            if (n < 0) {
                throw new EOFException("spool: ends at " + position + " (expected: " + length + " bytes)");
            }
            return n;
        }
    }

    /** Several sources, read as one. */
    final class Joined implements BodySource {
        private final List<BodySource> parts;
        private final long[] ends;

        private Joined(List<BodySource> parts) {
            this.parts = List.copyOf(parts);
            this.ends = new long[this.parts.size()];
            long end = 0;
            for (int i = 0; i < ends.length; i++) {
                end += this.parts.get(i).length();
                ends[i] = end;
            }
        }

        @Override
        public long length() {
            return ends.length == 0 ? 0 : ends[ends.length - 1];
        }

        @Override
        public int read(long position, byte[] into, int offset, int count) throws IOException {
            for (int i = 0; i < ends.length; i++) {
                if (position < ends[i]) {
                    BodySource part = parts.get(i);
                    return part.read(position - (ends[i] - part.length()), into, offset, count);
                }
            }
            return -1;
        }
    }

    /** A range of another source. */
    final class Slice implements BodySource {
        private final BodySource whole;
        private final long start;
        private final long length;

        private Slice(BodySource whole, long start, long length) {
            this.whole = whole;
            this.start = start;
            this.length = length;
        }

        @Override
        public long length() {
            return length;
        }

        @Override
        public int read(long position, byte[] into, int offset, int count) throws IOException {
            return position >= length
                    ? -1
                    : whole.read(start + position, into, offset, (int) Math.min(count, length - position));
        }
    }
}
