package egress.server.trace;

import egress.server.config.TraceConfig;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.metrics.MeterProvider;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporterBuilder;
import io.opentelemetry.sdk.common.InstrumentationScopeInfo;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** The parts of the SDK, as the variables set them. */
final class Otlp {
    private final TraceConfig config;
    private final String version;
    private final Supplier<byte[]> trusted;

    private Otlp(TraceConfig config, String version, Supplier<byte[]> trusted) {
        this.config = config;
        this.version = version;
        this.trusted = trusted;
    }

    /** @throws IOException when the certificate cannot be read */
    static Otlp of(TraceConfig config, String version, Supplier<List<X509Certificate>> trust) throws IOException {
        Optional<Path> file = config.certificate();
        if (file.isEmpty()) {
            return new Otlp(config, version, () -> pem(trust.get()));
        }
        try {
            byte[] pem = Files.readAllBytes(file.get());
            return new Otlp(config, version, () -> pem);
        } catch (NoSuchFileException e) {
            throw new IOException("OTEL_EXPORTER_OTLP_CERTIFICATE: " + file.get() + ": there is no such file", e);
        } catch (IOException e) {
            throw new IOException("OTEL_EXPORTER_OTLP_CERTIFICATE: " + file.get() + ": " + e.getMessage(), e);
        }
    }

    private static byte[] pem(List<X509Certificate> certificates) {
        StringBuilder pem = new StringBuilder();
        Base64.Encoder lines = Base64.getMimeEncoder(64, new byte[] {'\n'});
        for (X509Certificate certificate : certificates) {
            try {
                pem.append("-----BEGIN CERTIFICATE-----\n")
                        .append(lines.encodeToString(certificate.getEncoded()))
                        .append("\n-----END CERTIFICATE-----\n");
            } catch (CertificateEncodingException e) {
                throw new IllegalStateException(e);
            }
        }
        return pem.toString().getBytes(StandardCharsets.US_ASCII);
    }

    Sampler sampler() {
        double ratio = config.sampling().ratio();
        Sampler root =
                ratio == 1 ? Sampler.alwaysOn() : ratio == 0 ? Sampler.alwaysOff() : Sampler.traceIdRatioBased(ratio);
        return config.sampling().byParent() ? Sampler.parentBased(root) : root;
    }

    Resource resource() {
        AttributesBuilder attributes = Attributes.builder();
        attributes.put("service.version", version);
        config.resource().forEach(attributes::put);
        return Resource.getDefault().merge(Resource.create(attributes.build()));
    }

    InstrumentationScopeInfo scope() {
        return InstrumentationScopeInfo.builder("egress-proxy")
                .setVersion(version)
                .build();
    }

    /** Loads what sends: a tenth of a second. */
    SpanExporter exporter() {
        OtlpHttpSpanExporterBuilder builder = OtlpHttpSpanExporter.builder()
                .setEndpoint(config.endpoint().toString())
                .setTimeout(config.timeout())
                .setConnectTimeout(config.timeout())
                .setCompression(config.gzip() ? "gzip" : "none")
                .setMeterProvider(MeterProvider.noop());
        config.headers().forEach(builder::addHeader);
        if ("https".equals(config.endpoint().getScheme())) {
            builder.setTrustedCertificates(trusted.get());
        }
        return builder.build();
    }
}
