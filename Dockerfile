# The demo backend as an image; docs/deployment.md says how to build and run it.
#
# Both base images are arguments: take them from a mirror, or pin them by digest, e.g.
#   docker build --build-arg RUNTIME_IMAGE=registry.example.com/distroless/nodejs24-debian13:nonroot@sha256:… .
ARG BUILD_IMAGE=node:24-trixie-slim
# Node.js and what it needs: no shell, no package manager. A runtime image only has to have `node`.
ARG RUNTIME_IMAGE=gcr.io/distroless/nodejs24-debian13:nonroot

FROM ${BUILD_IMAGE} AS manifests
# For --build-arg, where another npm registry is nearer. Without it npm takes its own default.
ARG NPM_CONFIG_REGISTRY
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
COPY apps/demo-api/package.json apps/demo-api/

FROM manifests AS build
# No package needs its install script, and none gets to run one.
RUN ["npm", "ci", "--ignore-scripts"]
COPY nest-cli.json tsconfig.json ./
COPY apps/demo-api apps/demo-api
COPY libs/bankcard-ocr libs/bankcard-ocr
RUN ["npm", "run", "build:demo"]

FROM manifests AS production-packages
# Those of apps/demo-api/package.json. Optional are the peers of Nest that this demo does not use.
RUN ["npm", "ci", "--ignore-scripts", "--omit=dev", "--omit=optional", "--workspace=apps/demo-api", "--include-workspace-root=false"]
RUN ["rm", "-r", "node_modules/demo-api", "node_modules/.bin"]
# Volumes that are mounted there take over owner and mode.
RUN ["mkdir", "-m", "0700", "/audit", "/archive", "/archive-keys"]

FROM ${RUNTIME_IMAGE}
# /nodejs/bin is where distroless images have Node.js, /usr/local/bin where others have it.
ENV NODE_ENV=production \
    PATH=/nodejs/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    PORT=3000 \
    TMPDIR=/tmp \
    DEMO_AUDIT_FILE=/var/lib/demo-api/audit-{hostname}.jsonl
WORKDIR /app
# Of root, so that the process cannot change its own code.
COPY --from=production-packages /src/node_modules node_modules
COPY --from=build /src/dist dist
COPY --from=production-packages --chown=65532:65532 /audit /var/lib/demo-api
COPY --from=production-packages --chown=65532:65532 /archive /var/lib/demo-archive
COPY --from=production-packages --chown=65532:65532 /archive-keys /var/lib/demo-archive-keys
# By number: Kubernetes cannot tell from a name that it is not root's.
USER 65532:65532
EXPOSE 3000
# Live, not ready: restarting helps against neither a wrong secret nor an outage of Tencent.
HEALTHCHECK --interval=10s --timeout=6s --start-period=20s --retries=3 \
    CMD ["node", "dist/apps/demo-api/src/health-check.js", "live"]
STOPSIGNAL SIGTERM
# Node.js itself is process 1, so that the signal reaches it; a base image may have set another entry point.
ENTRYPOINT []
CMD ["node", "--disable-warning=ExperimentalWarning", "dist/apps/demo-api/src/main.js"]
