# syntax=docker/dockerfile:1
# The images of Stoa. For a cluster, and for the plugin of Argo CD: the bundle, Node and nothing else.
#   docker build -t stoa:0.1.0 .
# For `stoa run --git` without a cluster, and for `stoa plan` between commits, which the other cannot do: git and ssh as well.
#   docker build --target git -t stoa:0.1.0-git .
# Name a fixed tag or a digest of the base for a build that can be repeated: --build-arg NODE_IMAGE=node:24-bookworm-slim@sha256:…
ARG NODE_IMAGE=node:lts-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json ./
COPY scripts ./scripts
COPY crds ./crds
COPY src ./src
RUN npm run --silent build && find dist -name '*.map' -delete

FROM ${NODE_IMAGE} AS runtime
LABEL org.opencontainers.image.title="Stoa" \
      org.opencontainers.image.description="A declarative GitOps reconciler for dynamic DNS" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV NODE_ENV=production
COPY --from=build --chown=0:0 /src/dist /app
COPY --chown=0:0 package.json LICENSE /app/
USER 1000:1000
WORKDIR /app
EXPOSE 8080 51339
# Kubernetes asks by its own probes; this is for everybody else.
HEALTHCHECK --interval=30s --timeout=3s --start-period=30s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.STOA_METRICS_PORT || 8080) + '/health/live').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# Eight times the nursery that Node takes by itself beside 512 MiB, at all times: less work for the garbage collector in a burst, for some
# megabytes. Left alone it is small again after each full collection. And one thread beside the main one for the collector and the compiler:
# the four that Node starts share the cores of the container with it.
ENTRYPOINT ["node", "--min-semi-space-size=8", "--max-semi-space-size=8", "--v8-pool-size=1", "/app/stoa.js"]
CMD ["run"]

FROM runtime AS git
USER root
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates git openssh-client \
  && rm -rf /var/lib/apt/lists/* \
  # A new volume mounted here belongs to the user below.
  && install --directory --mode=0700 --owner=1000 --group=1000 /var/lib/stoa
USER 1000:1000

# The last stage is what is built where no target is named: the image without git.
FROM runtime
