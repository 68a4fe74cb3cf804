# treadwear's own image: processing, live page, tokens, simulated runners, collector.
# Built by docker compose from a copy of the source (TREADWEAR_SOURCE in .env).

ARG PYTHON=python:3.12.12-slim-bookworm

FROM ${PYTHON} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ONLY_BINARY=:all:
WORKDIR /source
RUN python -m venv /opt/treadwear
# Dependencies first: they change seldom, and stay in the cache while the source changes.
COPY pyproject.toml constraints.txt ./
RUN python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['dependencies'], sep='\n')" > dependencies.txt \
 && /opt/treadwear/bin/pip install -c constraints.txt -r dependencies.txt
# What builds the wheel is pinned as well; else the newest of the day would run here.
RUN python -m pip install -c constraints.txt hatchling==1.29.0
COPY . .
RUN python -m pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . \
 && /opt/treadwear/bin/pip install --no-deps /wheels/*.whl \
 && /opt/treadwear/bin/pip check

FROM ${PYTHON}
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="treadwear" \
      org.opencontainers.image.description="The alignment check for runners: the services of a club's server." \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.vendor="The treadwear developers"
ENV PATH=/opt/treadwear/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
COPY --from=build /opt/treadwear /opt/treadwear
# Where no treadwear.toml is, and nothing can be written. Compose names another user.
WORKDIR /opt/treadwear
USER 10001:10001
ENTRYPOINT ["treadwear"]
CMD ["--help"]
