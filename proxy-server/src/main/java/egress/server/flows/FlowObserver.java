package egress.server.flows;

import egress.exchange.Admission;
import egress.exchange.Event;
import egress.exchange.ExchangeRecord;
import egress.exchange.Failure;
import egress.exchange.LocalResponse;
import egress.exchange.Observer;
import egress.http.Authority;
import egress.policy.DenyReason;
import egress.server.config.FlowSettings;
import egress.server.log.LogEvent.Facts;
import egress.server.log.Notices;
import egress.server.log.SecretMasker;
import egress.share.Caller;
import egress.share.Claimant;
import egress.share.FairBudget;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandler;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Records exchanges: copies on the event loop what a flow needs and no more, and leaves the rest to a thread of its own. Everything
 * that is being recorded shares one budget; what has no room there is lost and counted, or, where the record is required, refused.
 */
public final class FlowObserver implements Observer, AutoCloseable {
    /** The part of the memory that is no body's. */
    private static final int HEADS = 4;

    private static final String NO_RECORD =
            "every request must be recorded, and this one cannot be now: try again later";
    private static final Admission.Refused REFUSED =
            new Admission.Refused(new Failure.Denied(DenyReason.RECORD_UNAVAILABLE, NO_RECORD));

    private final FlowSettings settings;
    private final FairBudget memory;
    /** Of the memory, what bodies may have: the rest is for heads, so that a flow without room for its bodies is still one. */
    private final FairBudget bodies;

    private final FlowLosses losses;
    private final FlowDelivery delivery;
    private final Optional<FlowLog> log;
    private final BooleanSupplier writes;
    private final Notices notices;
    private final InstantSource clock;

    private FlowObserver(
            FlowSettings settings,
            List<FlowSink> sinks,
            Optional<FlowLog> log,
            FlowLosses losses,
            Supplier<SecretMasker> maskers,
            Notices notices,
            InstantSource clock) {
        this.settings = settings;
        this.memory = new FairBudget(settings.memory());
        this.bodies = new FairBudget(settings.memory() - settings.memory() / HEADS);
        this.losses = losses;
        this.log = log;
        this.writes = () -> log.map(FlowLog::isWriting).orElse(true);
        this.notices = notices;
        this.clock = clock;
        this.delivery = new FlowDelivery(
                new FlowMaker(maskers, settings.bodyLimit()), sinks, losses, () -> log.ifPresent(FlowLog::reopen));
    }

    /**
     * Begins to record, where anybody wants a record.
     *
     * @param others take flows besides the log
     * @param maskers the one of the moment
     * @return empty where there is neither a log nor another sink: then exchanges pay nothing
     * @throws IOException when the log cannot be opened, with a sentence that names the flag
     */
    public static Optional<FlowObserver> start(
            FlowSettings settings,
            List<FlowSink> others,
            Supplier<SecretMasker> maskers,
            Notices notices,
            InstantSource clock)
            throws IOException {
        FlowLosses losses = new FlowLosses(notices);
        Optional<FlowLog> log = FlowLog.open(settings, losses, notices);
        List<FlowSink> sinks = new ArrayList<>(others);
        log.ifPresent(sinks::add);
        return sinks.isEmpty()
                ? Optional.empty()
                : Optional.of(new FlowObserver(settings, sinks, log, losses, maskers, notices, clock));
    }

    /** How the memory of what is being recorded is shared. */
    public FairBudget.Statistics statistics() {
        return memory.statistics();
    }

    /** Flows that are recorded nowhere. */
    public long lost() {
        return losses.count();
    }

    /** Flows that were recorded. */
    public long recorded() {
        return delivery.recorded();
    }

    /** Opens the log's file anew, by its path; returns at once. */
    public void reopen() {
        delivery.offer(new Handover.Reopen());
    }

    @Override
    public void on(Event event) {
        switch (event) {
            case Event.Started started -> begin(started.exchange());
            case Event.RequestPart part -> {
                if (part.exchange().recording instanceof Recording recording) {
                    recording.requestPart(part.part());
                }
            }
            case Event.Found found -> {
                if (found.exchange().recording instanceof Recording recording) {
                    recording.found(found.hit());
                }
            }
            case Event.ResponseHead head -> respond(head.exchange());
            case Event.ResponsePart part -> {
                if (part.exchange().recording instanceof Recording recording) {
                    recording.responsePart(part.part());
                }
            }
            case Event.Ended ended -> {
                if (ended.exchange().recording instanceof Recording recording) {
                    recording.upstreamTls = ended.exchange().upstreamTls; // also where no answer came
                    recording.credit.stays();
                    delivery.offer(new Handover.Ended(recording, Facts.of(ended.exchange(), clock.millis(), false)));
                }
            }
            case Event.ClientHelloRead hello -> {
                if (!settings.required()) {
                    offer(hello);
                }
            }
            case Event.ConnectionRefused refused -> refused(refused);
            case Event.ConnectionOpened _, Event.ConnectionClosed _, Event.TunnelEnded _ -> {}
            case Event.HandshakeDone _, Event.HandshakeFailed _, Event.Allowed _ -> {}
        }
    }

    private void begin(ExchangeRecord exchange) {
        Fields fields = Fields.of(exchange.requestFields);
        Credit credit = take(exchange.caller, Recording.weight(exchange, fields), Recording.ahead());
        if (credit == null) {
            return;
        }
        Recording recording =
                new Recording(exchange, scan(exchange.scan), clock.instant(), fields, credit, settings.bodyLimit());
        exchange.recording = recording;
        credit.givesWay(() -> delivery.offer(new Handover.GiveWay(recording)));
        if (delivery.isLive()) {
            delivery.offer(new Handover.Started(recording));
        }
    }

    private void respond(ExchangeRecord exchange) {
        if (exchange.recording instanceof Recording recording) {
            recording.responseHead(exchange);
            if (delivery.isLive()) {
                delivery.offer(new Handover.Responded(recording, Facts.of(exchange, clock.millis(), false)));
            }
        }
    }

    /** Takes so much of the memory; null, and the flow is lost, where it cannot be had. */
    private @Nullable Credit take(Caller caller, int weight, int ahead) {
        Credit credit = Credit.take(memory, bodies, new Claimant(caller, 0), weight, ahead);
        if (credit == null) {
            losses.lose();
        }
        return credit;
    }

    private String scan(String named) {
        return named.isEmpty() ? settings.onlyScan() : named;
    }

    private boolean offer(Event.ClientHelloRead hello) {
        int offered = hello.alpn().stream()
                .mapToInt(protocol -> Fields.OVERHEAD + protocol.length())
                .sum();
        Credit credit = take(hello.caller(), Recording.OVERHEAD + offered, 0);
        if (credit != null) {
            delivery.offer(new Handover.Hello(hello, scan(hello.scan()), clock.instant(), credit));
        }
        return credit != null;
    }

    /** Records requests that were refused before they were an exchange; those that were not understood have nothing to record. */
    private void refused(Event.ConnectionRefused refused) {
        HttpRequest request = refused.request();
        Authority authority = refused.authority();
        LocalResponse answer = refused.answer();
        if (request == null || authority == null || answer == null) {
            return;
        }
        boolean connect = request.method().equals(HttpMethod.CONNECT);
        Fields fields = Fields.of(request.headers());
        int asked = request.method().name().length() + request.uri().length();
        Credit credit = take(refused.caller(), Recording.OVERHEAD + asked + fields.weight(), 0);
        if (credit != null) {
            boolean plain = authority.port() == 80 || refused.code().equals(DenyReason.SCHEME_NOT_ALLOWED.code());
            delivery.offer(new Handover.Refused(
                    scan(refused.scan()),
                    clock.instant(),
                    refused.downstream(),
                    refused.caller(),
                    authority,
                    !plain,
                    request.method().name(),
                    connect ? "" : request.uri(),
                    request.protocolVersion().text(),
                    fields,
                    answer.head().status(),
                    Fields.of(answer.head().headers()),
                    ByteBufUtil.getBytes(answer.body().content()),
                    refused.code(),
                    refused.words(),
                    credit));
        }
    }

    @Override
    public Admission admit() {
        return settings.required() && !writes.getAsBoolean() ? REFUSED : Admission.ADMITTED;
    }

    @Override
    public Admission admit(ExchangeRecord exchange) {
        return settings.required() && !(exchange.recording instanceof Recording) ? REFUSED : admit();
    }

    @Override
    public Admission admit(Event.ClientHelloRead hello) {
        return settings.required() && !offer(hello) ? REFUSED : admit();
    }

    @Override
    public Optional<ChannelHandler> webSocket(ExchangeRecord exchange, HttpHeaders responseFields) {
        return exchange.recording instanceof Recording recording
                ? Optional.of(new MessageTap(part -> message(recording, part), recording.startedNanos))
                : Optional.empty();
    }

    private void message(Recording recording, MessagePart part) {
        if (recording.credit.take(part.weight())) {
            delivery.offer(new Handover.Message(recording, part));
        } else if (part.fromCaller() ? !recording.gapUp : !recording.gapDown) {
            recording.gap(part.fromCaller(), true);
            delivery.offer(new Handover.Gap(recording, part.fromCaller()));
        }
    }

    /** Records what waits, and ends. */
    @Override
    public void close() {
        log.ifPresent(FlowLog::closing);
        if (delivery.close()) {
            log.ifPresent(FlowLog::close);
        } else {
            notices.say("flows that waited to be recorded are lost");
        }
    }
}
