# The image of egress-proxy: a Java run time made to measure, the jar, and an AOT cache that was trained under load.
#   docker build -t egress-proxy .
# Both bases may be named by digest (--build-arg BASE=name@sha256:...). BASE needs glibc and nothing else: no shell, no package
# manager. BUILDER needs Maven, a JDK 25 and a shell. docs/image.md has the rest.
ARG BUILDER=maven:3-eclipse-temurin-25
ARG BASE=debian:trixie-slim

# The jar is the same on every platform. JAR names one that is built already, in the build context. No --platform=$BUILDPLATFORM:
# Docker's legacy builder and older buildahs do not know it, and each refuses what the other takes in its place.
FROM ${BUILDER} AS jar
ARG JAR=
WORKDIR /src
COPY . .
RUN set -eu; \
    mkdir -p /jar; \
    if [ -z "$JAR" ]; then \
        mvn -q -B -Psbom -Dmaven.test.skip=true package -pl proxy-server -am; \
        JAR=proxy-server/target/egress-proxy.jar; \
    fi; \
    cp "$JAR" /jar/egress-proxy.jar; \
    if [ -f "$(dirname "$JAR")/bom.json" ]; then cp "$(dirname "$JAR")/bom.json" /jar/sbom.cdx.json; fi

# Run time and cache are of the platform that the image is for.
FROM ${BUILDER} AS program
ARG TRAINING_SECONDS=15
COPY image/ /image/
COPY --from=jar /jar/ /jar/
RUN set -eu; \
    /image/assemble /jar/egress-proxy.jar "$TRAINING_SECONDS"; \
    cp /jar/sbom.cdx.json /opt/egress/ 2>/dev/null || true; \
    mkdir -p /root-of-image/etc/egress /root-of-image/home/mitmproxy/.mitmproxy \
        /root-of-image/var/lib/egress/ca /root-of-image/var/lib/egress/trust; \
    chown -R 1000:1000 /root-of-image/home/mitmproxy /root-of-image/var/lib/egress; \
    chmod 700 /root-of-image/home/mitmproxy/.mitmproxy /root-of-image/var/lib/egress/ca

FROM ${BASE}
LABEL org.opencontainers.image.title="egress-proxy" \
      org.opencontainers.image.description="The egress gate for autonomous agents" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.documentation="docs/image.md"
COPY --from=program /root-of-image/ /
COPY --from=program /opt/egress /opt/egress
COPY --from=program /usr/local/bin/egress-proxy /usr/local/bin/egress-proxy
# Routes, CA and address are the image's own from here on; see docs/running.md.
ENV EGRESS_IMAGE=1
USER 1000:1000
EXPOSE 9099
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s --retries=3 CMD ["/usr/local/bin/egress-proxy", "health"]
ENTRYPOINT ["/usr/local/bin/egress-proxy"]
