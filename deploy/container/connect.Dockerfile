# walpost in the place of Debezium's Connect image: the same variables, port 8083, and curl inside for probes:
#
#     docker build -t walpost-connect -f deploy/container/connect.Dockerfile .
#
# It runs as user 1001 and writes nothing, so its root may be read-only.
FROM debian:trixie-slim AS build
RUN apt-get update && \
    apt-get install -y --no-install-recommends gcc make libc6-dev pkg-config libpq-dev librdkafka-dev libjansson-dev \
        libpcre2-dev libmicrohttpd-dev libgnutls28-dev libcurl4-openssl-dev
COPY . /src
RUN cd /src && make shipper/walpost && install -D -m 755 -t /stage shipper/walpost

FROM debian:trixie-slim
RUN apt-get update && \
    apt-get install -y --no-install-recommends libpq5 librdkafka1 libjansson4 libpcre2-8-0 libmicrohttpd12t64 \
        libgnutls30t64 libcurl4t64 ca-certificates curl && \
    rm -rf /var/lib/apt/lists/*
COPY --from=build /stage/walpost /usr/bin/walpost
USER 1001
EXPOSE 8083
HEALTHCHECK --start-period=30s CMD curl -fsS http://localhost:8083/health
ENTRYPOINT ["walpost"]
CMD ["connect"]
