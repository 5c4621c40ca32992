package egress.server.dlp.judge;

import egress.dlp.ContentCoding;
import egress.dlp.ScanVerdict;
import egress.dlp.ScanVerdict.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;

/**
 * What is judged of a message: its bytes as they are on the wire, and what they decode to.
 *
 * @param readings in their order
 * @param fault why it cannot be read to its end; it is refused then, whatever the readings hold
 */
public record MessagePayload(List<Reading> readings, Optional<ScanVerdict.Refused> fault) {
    /** Which of a message's readings it is. Readings of one kind belong together, from message to message. */
    public enum Kind {
        /** The frames as they came. */
        FRAMES,
        /** The content, still in the coding that is named for it. */
        CODED,
        /** What it says. */
        SAID,
        /** Data that is decoded only because later data refers to it. */
        UNSCANNED
    }

    /** Opens it on the thread that scans. */
    @FunctionalInterface
    public interface Opener {
        InputStream open() throws IOException;
    }

    /**
     * One reading of the message.
     *
     * @param coding that it is in, where another reading is what it decodes to
     */
    public record Reading(Kind kind, Opener opener, Optional<ContentCoding> coding) {
        public Reading(Kind kind, Opener opener) {
            this(kind, opener, Optional.empty());
        }
    }

    public static MessagePayload of(Reading... readings) {
        return new MessagePayload(List.of(readings), Optional.empty());
    }

    /** A message as it is. */
    public static MessagePayload plain(Opener said) {
        return of(new Reading(Kind.SAID, said));
    }

    /** A message in the coding that its protocol names. */
    public static MessagePayload coded(Opener coded, ContentDecoder decoder) {
        return of(
                new Reading(Kind.CODED, coded, decoder.outermost()),
                new Reading(Kind.SAID, () -> decoder.decode(coded.open())));
    }

    /** A message that cannot be read as its protocol says. */
    public static MessagePayload unreadable(Opener coded, Reason reason, String words) {
        return new MessagePayload(
                List.of(new Reading(Kind.CODED, coded)), Optional.of(new ScanVerdict.Refused(reason, words)));
    }

    /** A part of a message that is not judged. */
    public static MessagePayload unscanned() {
        return of();
    }
}
