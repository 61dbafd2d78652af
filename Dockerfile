# One image for every process of the product; docker-compose.yml says which of them a container runs.

FROM python:3.11.14-slim-trixie AS packages
WORKDIR /build
COPY deploy/bootstrap.lock pyproject.toml requirements.lock ./
RUN pip install --no-cache-dir --require-hashes --requirement bootstrap.lock
# requirements.lock also has what developers need. Taken as constraints it gives versions and hashes, and pyproject.toml
# says what of it a service imports.
RUN uv venv /opt/solieu && uv pip install --no-cache --compile-bytecode --python /opt/solieu/bin/python \
    --require-hashes --only-binary :all: --requirement pyproject.toml --extra server --constraint requirements.lock

FROM python:3.11.14-slim-trixie
RUN useradd --system --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin solieu \
    && install --directory --owner solieu --group solieu --mode 0700 /vault
COPY --from=packages /opt/solieu /opt/solieu
WORKDIR /solieu
COPY schemas schemas
COPY services services
ENV PATH=/opt/solieu/bin:$PATH PYTHONPATH=/solieu PYTHONUNBUFFERED=1 LC_ALL=C.UTF-8
# services reads schemas beside it, so it stays a folder; the command is what an installation would make.
RUN python -m compileall -q services \
    && printf '#!/bin/sh\nexec python -m services.cli "$@"\n' > /opt/solieu/bin/solieu \
    && chmod 0755 /opt/solieu/bin/solieu
ENV PYTHONDONTWRITEBYTECODE=1
USER solieu
CMD ["solieu", "--help"]
