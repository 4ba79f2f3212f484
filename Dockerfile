# syntax=docker/dockerfile:1

# A major version of Node.js: both images below are named by it.
ARG NODE_VERSION=26

# What is built is JavaScript alone, so it is built on the platform of the builder, whatever the target is.
FROM --platform=$BUILDPLATFORM node:${NODE_VERSION}-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY scripts ./scripts
COPY src ./src
# Beside the program's one script, only the few packages that are not in it.
RUN npm run build && npm run build:packages packages

# Compiled ahead once more, by the very Node.js that runs it: another version would not take what the build above has compiled.
FROM --platform=$BUILDPLATFORM gcr.io/distroless/nodejs${NODE_VERSION}-debian13:nonroot AS compiled
WORKDIR /app
COPY package.json ./
COPY --from=build /app/scripts /app/scripts
# The user of this base image writes there.
COPY --from=build --chown=65532:65532 /app/dist /app/dist
RUN ["/nodejs/bin/node", "scripts/compile-ahead.js", "dist/program.cjs", "."]

# Node.js and the libraries that it needs: no shell, no package manager, no npm.
FROM gcr.io/distroless/nodejs${NODE_VERSION}-debian13:nonroot
# The base image has node in a folder of its own, which is not on its PATH. The heap fits the 256 MiB of the manifests, with room for what
# is not heap; with another limit, set NODE_OPTIONS to another heap: see docs/sizing.md.
ENV PATH=/nodejs/bin:$PATH \
    NODE_ENV=production \
    NODE_OPTIONS="--max-old-space-size=96 --max-semi-space-size=8" \
    CFG_FILE=/config/txtoken.yml \
    DEMO_HOST=::

# All of it belongs to root, and the user below can only read it. WORKDIR comes after the copying,
# since a folder that it makes belongs to the user of the base image.
COPY --chmod=644 package.json example_cfg.yml /app/
COPY --from=build /app/packages/node_modules /app/node_modules
COPY --from=compiled /app/dist /app/dist
WORKDIR /app

# As a number, so that Kubernetes sees that it is not root.
USER 65532:65532
EXPOSE 8888 9090
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 \
  CMD ["node", "dist/main.js", "healthcheck"]

# There is no shell in between: node is process 1 and gets the signals itself.
ENTRYPOINT ["node", "dist/main.js"]
CMD ["serve"]

# Last, since they differ from build to build.
ARG VERSION=0.2.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="txtoken" \
      org.opencontainers.image.description="Put a signed, expiring, verifiable JWT in front of any JSON login API, without touching it" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
