# The build: one binary out of the sources and the locked packages.
FROM denoland/deno:2.9.6 AS build
WORKDIR /src
COPY deno.json deno.lock main.ts ./
COPY lib lib
# compile:epoll for io: epoll, which ends Deno's sandbox: docs/security.md.
ARG TASK=compile
RUN deno task "$TASK" && mkdir /state

# What ships: the binary on a small image with glibc, and a user that owns nothing.
FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /src/dist/roundabout /usr/local/bin/roundabout
# Where it keeps certificates that it got by itself: a new volume there belongs to its user.
COPY --from=build --chown=65532:65532 /state /var/lib/roundabout
USER 65532:65532
WORKDIR /home/nonroot
EXPOSE 5000
# Whether it is alive. It is so while all of its backends are down: restarting it would not help them.
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s --retries=3 \
  CMD ["/usr/local/bin/roundabout", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/roundabout"]
CMD ["start"]
