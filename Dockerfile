# The connector as an image: one binary, the libraries that it needs, CA certificates; no shell.
#
#   docker build --tag nsps-connector .
#   docker build --tag nsps-connector --target with-mappings --build-arg MAPPINGS_FROM=mappings .
#
# The first has no mappings: mount them at /etc/nsps-connector/mappings. The second carries those of a folder of this
# tree, for platforms that mount no files. Neither needs BuildKit.

FROM rust:1.95.0-bookworm AS build
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
WORKDIR /build
# Debug information would be most of the image.
ENV CARGO_PROFILE_RELEASE_STRIP=debuginfo

# What is fetched in a layer of its own: it is fetched again only when the lock file changes. Cargo wants every
# target of the manifest to be there, so stand-ins are.
COPY Cargo.toml Cargo.lock ./
RUN mkdir -p src benches tests/it \
    && echo 'fn main() {}' | tee src/main.rs tests/it/main.rs \
        benches/event.rs benches/forward.rs benches/instructions.rs benches/log.rs \
    && touch src/lib.rs \
    && cargo fetch --locked \
    && if command -v rustup; then rustup component add llvm-tools; fi

# Built twice, for a profile of what the binary does.
COPY src src
COPY schemas schemas
COPY mappings/wtl-hss.yaml mappings/
COPY mappings/examples mappings/examples
COPY tests/events tests/events
COPY deploy/build.sh deploy/
COPY deploy/training deploy/training
RUN deploy/build.sh

# The root of the image: the binary, the libraries that the loader names, certificates, and how to find names.
RUN mkdir -p /image/etc/ssl/certs /image/etc/nsps-connector/mappings /image/usr/local/bin \
    && cp target/optimized/nsps-connector /image/usr/local/bin/ \
    && ldd target/optimized/nsps-connector | grep -o '/[^ ]*' | xargs -I {} cp --parents --dereference {} /image/ \
    && cp /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/ \
    && echo 'hosts: files dns' > /image/etc/nsswitch.conf \
    && echo 'nsps-connector:x:65532:65532::/:/nonexistent' > /image/etc/passwd \
    && echo 'nsps-connector:x:65532:' > /image/etc/group

FROM scratch AS plain
COPY --from=build /image /
ARG VERSION=unknown
ARG REVISION=unknown
ARG CREATED=unknown
LABEL org.opencontainers.image.title="nsps-connector" \
      org.opencontainers.image.description="The connector between PortaOne's NSPS and any HTTP system" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"
ENV MAPPINGS=/etc/nsps-connector/mappings
USER 65532:65532
EXPOSE 8080
# Docker disables restarts after `docker kill --signal HUP`, a reload, where this is not said.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=6s --start-period=10s --retries=3 CMD ["/usr/local/bin/nsps-connector", "health"]
ENTRYPOINT ["/usr/local/bin/nsps-connector"]
CMD ["serve"]

FROM plain AS with-mappings
ARG MAPPINGS_FROM=mappings
COPY ${MAPPINGS_FROM} /etc/nsps-connector/mappings

FROM plain
