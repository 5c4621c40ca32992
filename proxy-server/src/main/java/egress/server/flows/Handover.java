package egress.server.flows;

import egress.exchange.Event;
import egress.http.Authority;
import egress.server.log.LogEvent.Facts;
import egress.share.Caller;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.net.SocketAddress;
import java.time.Instant;

/** What event loops hand over to the recorder's thread. */
sealed interface Handover {
    record Started(Recording recording) implements Handover {}

    record Responded(Recording recording, Facts facts) implements Handover {}

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
            Caller caller,
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
