# The image of one service, or of the console:
#
#     docker build --build-arg SERVICE=credit --tag parlour-credit:0.1.0 .
#
# version here, and whoever builds for production gives its digest: --build-arg PYTHON_IMAGE=python:3.13.9-slim-trixie@sha256:...
# version here, and whoever builds for production gives its digest: --build-arg PYTHON_IMAGE=python:3.13.9-slim-trixie@sha256:...
ARG PYTHON_IMAGE=python:3.13.9-slim-trixie

# Our own code as a wheel. Only this stage knows how that is made.
FROM ${PYTHON_IMAGE} AS wheel
WORKDIR /source
COPY locks/build.lock locks/
RUN python -m venv /build \
 && /build/bin/pip install --disable-pip-version-check --no-cache-dir --require-hashes --no-deps --only-binary :all: -r locks/build.lock
COPY pyproject.toml README.md ./
COPY services services
COPY protos/parlour protos/parlour
RUN /build/bin/hatchling build -t wheel -d /wheels

# Where it will run: what the service's lock names and the wheel, without pip. What cannot be had without a compiler does not get in.
FROM ${PYTHON_IMAGE} AS environment
ARG SERVICE
COPY locks/${SERVICE}.lock /locks/
RUN python -m venv --without-pip /opt/parlour \
 && pip --python /opt/parlour/bin/python install --disable-pip-version-check --no-cache-dir --require-hashes --no-deps --only-binary :all: \
      -r "/locks/${SERVICE}.lock"
COPY --from=wheel /wheels /wheels
# The root is read-only where it runs: byte code is made now, and trusted as it is.
RUN pip --python /opt/parlour/bin/python install --disable-pip-version-check --no-cache-dir --no-deps --no-index /wheels/*.whl \
 && /opt/parlour/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/parlour/lib \
 && printf '#!/bin/sh\nexec /opt/parlour/bin/python -m services.%s "$@"\n' "${SERVICE}" > /opt/parlour/bin/service \
 && chmod 0755 /opt/parlour/bin/service

FROM ${PYTHON_IMAGE}
ARG SERVICE
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="parlour-${SERVICE}" \
      org.opencontainers.image.description="Parlour, an AI assistant for Discord communities: ${SERVICE}" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# Who runs has a number, which Kubernetes can check, and owns two folders: for data, and for certificates that are made here (development).
RUN python -m pip uninstall --yes pip \
 && groupadd --gid 10001 parlour \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/parlour --shell /usr/sbin/nologin parlour \
 && install -d -o 10001 -g 10001 -m 0750 /var/lib/parlour /etc/parlour/certificates
COPY --from=environment /opt/parlour /opt/parlour
ENV PATH=/opt/parlour/bin:/usr/local/bin:/usr/bin:/bin \
    HOME=/var/lib/parlour \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 10001:10001
WORKDIR /var/lib/parlour
# /bin/sh gives its place to the service, which so gets SIGTERM itself.
ENTRYPOINT ["/opt/parlour/bin/service"]
CMD ["serve"]
