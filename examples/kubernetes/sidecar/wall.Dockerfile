# An image with nft and nothing that runs: docker build -t nftables -f wall.Dockerfile .
ARG BASE=debian:trixie-slim
FROM ${BASE}
RUN apt-get update -q && apt-get install -q -y --no-install-recommends nftables && rm -rf /var/lib/apt/lists/*
