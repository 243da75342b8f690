# One image: web, worker, events, trainer and scheduler (lines of the Procfile), and every command of manage.py, so
# also `train --shop D --use-case U`. `make image` builds it, runs it and trains a version in it.
#
# Debian bookworm, pinned by its digest: --build-arg BASE=docker.io/library/debian:bookworm-slim@sha256:…
ARG BASE
# hadolint ignore=DL3006
FROM ${BASE} AS python
# Packages of the base are pinned by the release that its digest names.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends python3 libgomp1 tini ca-certificates \
    && rm -rf /var/lib/apt/lists/*

FROM python AS built
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends python3-venv && rm -rf /var/lib/apt/lists/*
COPY requirements.txt requirements-s3.txt requirements-sentry.txt constraints.txt /build/
WORKDIR /build
# A machine whose network reads along has a certificate of its own: --secret id=ca,src=/etc/ssl/certs/ca-certificates.crt
RUN --mount=type=secret,id=ca \
    if [ -s /run/secrets/ca ]; then export PIP_CERT=/run/secrets/ca; fi; \
    python3 -m venv /opt/python \
    && /opt/python/bin/pip install --no-cache-dir -r requirements.txt -r requirements-s3.txt -r requirements-sentry.txt -c constraints.txt \
    && /opt/python/bin/pip uninstall --yes --quiet pip \
    && find /opt/python -type d -name tests -prune -exec rm -rf {} +
COPY . /app
WORKDIR /app
RUN STATIC_ROOT=/app/static /opt/python/bin/python manage.py collectstatic --noinput -v 0 \
    && /opt/python/bin/python -m compileall -q /app

FROM python
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /tmp --shell /usr/sbin/nologin app \
    && install --directory --owner app --group app /state
COPY --from=built /opt/python /opt/python
COPY --from=built /app /app
WORKDIR /app
ARG CODE_REVISION=unknown
ENV PATH=/opt/python/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp \
    SHOPMLOPS_STATE=/state \
    STATIC_ROOT=/app/static \
    PULSE_FILE=/tmp/pulse \
    CODE_REVISION=$CODE_REVISION
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["python", "-m", "shopmlops.alive"]
ENTRYPOINT ["tini", "--", "deploy/image/start"]
CMD ["web"]
