package egress.dlp.builtin.decode;

import egress.dlp.builtin.scan.Packing;
import egress.dlp.builtin.scan.RunListener;
import egress.dlp.builtin.scan.ScanContext;
import egress.dlp.builtin.scan.ScanWindow;
import egress.dlp.builtin.scan.Segment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The registry of decoders, in the order of their calls: a new decoder is its class and a line here. Decoders of segments and runs
 * are called directly, because a megamorphic call through a list makes a small request 4 % slower.
 */
public final class Decoders {
    /** Called where one of their literals stands. */
    private static final List<AtLiteral> AT_LITERALS = List.of(
            compressed(Packing.GZIP, CompressedData.Mark.plain("\u001f\u008b\u0008")),
            compressed(Packing.ZIP, CompressedData.Mark.plain("PK\u0003\u0004")),
            compressed(Packing.ZSTD, CompressedData.Mark.plain("(\u00b5/\u00fd")),
            compressed(Packing.BASE64, CompressedHeaderMarks.inBase64()),
            compressed(Packing.HEX, CompressedHeaderMarks.inHex()),
            compressed(Packing.ZLIB, CompressedHeaderMarks.zlibAsText()),
            compressed(Packing.PDF, CompressedData.Mark.plain("stream\nx", "stream\nH", "stream\r\nx", "stream\r\nH")),
            compressed(Packing.PNG, CompressedData.Mark.plain("IDAT")),
            text(StringConcatenation.SEAMS, (run, s, window) -> new StringConcatenation(run, s)),
            text(Uuencode.HEADERS, (run, s, window) -> new Uuencode(run, s)),
            text(HexDump.SECOND_OFFSETS, (run, s, window) -> new HexDump(run, s)));

    private Decoders() {}

    /** @param once whether it is for texts that are not joined, and what another such decoder has read is not read again */
    private record AtLiteral(List<String> literals, boolean once, Decoder.Factory factory) {}

    private static AtLiteral compressed(Packing packing, List<CompressedData.Mark> marks) {
        List<String> literals = marks.stream().map(CompressedData.Mark::text).toList();
        return new AtLiteral(literals, false, (run, s, window) -> new CompressedData(packing, marks, run, s, window));
    }

    private static AtLiteral text(List<String> literals, Decoder.Factory factory) {
        return new AtLiteral(literals, true, factory);
    }

    /** The literals of each decoder that has some, in ISO-8859-1; its number is its place here. */
    public static List<List<String>> literals() {
        return AT_LITERALS.stream().map(AtLiteral::literals).toList();
    }

    /** Decoders of any bytes that are not joined, at any depth. */
    public static void bytes(ScanContext run, Segment s, @Nullable ScanWindow window) {
        if (!s.view().isJoined() && s.view().depth() <= ScanContext.MAX_DEPTH) {
            new BinaryHeads(run, s, window).decode(s.from(), s.to());
        }
    }

    /**
     * Decoders of a whole segment that is not at the greatest depth.
     *
     * @param runs receives the runs of letters, digits and marks; null for none
     */
    public static void segment(ScanContext run, Segment s, @Nullable RunListener runs) {
        new Ebcdic(run, s).decode(s.from(), s.to());
        new RunScanner(run, s, runs).decode(s.from(), s.to());
    }

    /**
     * Decoders of a run of at least {@link RunScanner#LONG} letters, digits and {@code + / - _}.
     *
     * @param digit whether it holds one
     */
    static void run(ScanContext run, Segment s, int start, int end, boolean digit) {
        new Base64Runs(run, s).decode(start, end);
        if (digit) {
            new DigitRuns(run, s).decode(start, end);
        }
        new DelimitedRuns(run, s).decode(start, end);
    }

    /** The decoders of one segment that are called at their literals, each made when the first of those stands there. */
    public static final class Literals {
        private final ScanContext run;
        private final Segment s;
        private final @Nullable ScanWindow window;
        private final @Nullable Decoder[] made = new Decoder[AT_LITERALS.size()];
        private int readTo;

        public Literals(ScanContext run, Segment s, @Nullable ScanWindow window) {
            this.run = run;
            this.s = s;
            this.window = window;
        }

        /** That literal of decoder {@code number} stands at {@code at}. */
        public void at(int at, int number, int literal) {
            boolean once = AT_LITERALS.get(number).once();
            if (once && (at < readTo || s.view().isJoined() || s.view().depth() >= ScanContext.MAX_DEPTH)) {
                return;
            }
            int end = decoder(number).decode(literal, at, s.to());
            readTo = once ? end : readTo;
        }

        private Decoder decoder(int number) {
            Decoder decoder = made[number];
            if (decoder == null) {
                decoder = AT_LITERALS.get(number).factory().of(run, s, window);
                made[number] = decoder;
            }
            return decoder;
        }
    }
}
