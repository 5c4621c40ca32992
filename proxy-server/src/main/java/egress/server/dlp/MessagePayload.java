package egress.server.dlp;

import egress.dlp.ScanVerdict;
import egress.dlp.ScanVerdict.Reason;
import egress.dlp.builtin.ContentCoding;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What is judged of a message: its bytes as they are on the wire, and what they decode to.
 *
 * @param readings in their order
 * @param fault why it cannot be read to its end; it is refused then, whatever the readings hold
 */
record MessagePayload(List<Reading> readings, Optional<ScanVerdict.Refused> fault) {
    /** Which of a message's readings it is. Readings of one kind belong together, from message to message. */
    enum Kind {
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
    interface Opener {
        InputStream open() throws IOException;
    }

    /**
     * One reading of the message.
     *
     * @param coding that it is in, where another reading is what it decodes to
     */
    record Reading(Kind kind, Opener opener, Optional<ContentCoding> coding) {
        Reading(Kind kind, Opener opener) {
            this(kind, opener, Optional.empty());
        }
    }

    static MessagePayload of(Reading... readings) {
        return new MessagePayload(List.of(readings), Optional.empty());
    }

    /** A message as it is. */
    static MessagePayload plain(Opener said) {
        return of(new Reading(Kind.SAID, said));
    }

    /** A message in the coding that its protocol names. */
    static MessagePayload coded(Opener coded, ContentDecoder decoder) {
        return of(
                new Reading(Kind.CODED, coded, decoder.outermost()),
                new Reading(Kind.SAID, () -> decoder.decode(coded.open())));
    }

    /** A message that cannot be read as its protocol says. */
    static MessagePayload unreadable(Opener coded, Reason reason, String words) {
        return new MessagePayload(
                List.of(new Reading(Kind.CODED, coded)), Optional.of(new ScanVerdict.Refused(reason, words)));
    }

    /** The same, with a reading before its own. */
    MessagePayload behind(Reading first) {
        List<Reading> all = new ArrayList<>(readings.size() + 1);
        all.add(first);
        all.addAll(readings);
        return new MessagePayload(all, fault);
    }

    /** A part of a message that is not judged. */
    static MessagePayload unscanned() {
        return of();
    }
}
