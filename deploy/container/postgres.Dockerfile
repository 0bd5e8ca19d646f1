# The official PostgreSQL image (Debian's, not Alpine's) with walpost.so and the extension's files:
#
#     docker build -t postgres-walpost:17 --build-arg POSTGRES=17 -f deploy/container/postgres.Dockerfile .
#
# Take the tag that you run: data folders stay as they are within a major release.
ARG POSTGRES=17
FROM postgres:${POSTGRES} AS build
RUN apt-get update && \
    apt-get install -y --no-install-recommends gcc make libc6-dev pkg-config libpcre2-dev postgresql-server-dev-$PG_MAJOR
COPY . /src
RUN cd /src && make walpost.so && \
    install -D -m 755 -t /stage/lib walpost.so && \
    install -D -m 644 -t /stage/extension sql/walpost.control sql/walpost--*.sql

FROM postgres:${POSTGRES}
RUN apt-get update && \
    apt-get install -y --no-install-recommends libpcre2-8-0 && \
    rm -rf /var/lib/apt/lists/*
COPY --from=build /stage/lib/ /usr/lib/postgresql/$PG_MAJOR/lib/
COPY --from=build /stage/extension/ /usr/share/postgresql/$PG_MAJOR/extension/
