package egress.server.flows;

import egress.exchange.Event;
import egress.http.Authority;
import egress.server.log.LogEvent.Facts;
import egress.share.Caller;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.net.SocketAddress;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** What event loops hand over to the recorder's thread. */
sealed interface Handover {
    /** Whose flow it is of; null of what does not wait for its turn. */
    default @Nullable Caller caller() {
        return switch (this) {
            case Started started -> started.recording().caller;
            case Responded responded -> responded.recording().caller;
            case Due due -> due.recording().caller;
            case Message message -> message.recording().caller;
            case Gap gap -> gap.recording().caller;
            case Ended ended -> ended.recording().caller;
            case Hello hello -> hello.read().caller();
            case Refused refused -> refused.from();
            case GiveWay _, Reopen _ -> null;
        };
    }

    record Started(Recording recording) implements Handover {}

    record Responded(Recording recording, Facts facts) implements Handover {}

    /** How far it has come is to be shown now. */
    record Due(Recording recording) implements Handover {}

    record Message(Recording recording, MessagePart part) implements Handover {}

    /** A message's part was lost. */
    record Gap(Recording recording, boolean fromCaller) implements Handover {}

    /** Its bodies are to give way to what others record. */
    record GiveWay(Recording recording) implements Handover {}

    record Ended(Recording recording, Facts facts) implements Handover {}

    record Hello(Event.ClientHelloRead read, String scan, Instant time, Credit credit) implements Handover {}

    /** A request that was refused before there was an exchange. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Refused(
            String scan,
            Instant time,
            SocketAddress downstream,
            Caller from,
            Authority authority,
            boolean tls,
            String method,
            String target,
            String version,
            Fields fields,
            HttpResponseStatus answered,
            Fields answerFields,
            byte[] answer,
            String code,
            String words,
            Credit credit)
            implements Handover {}

    /** The log's file may have been moved away. */
    record Reopen() implements Handover {}
}
