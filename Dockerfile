# Benchwright with every package at the version, and with the hash, that requirements.lock says.
FROM python:3.11.13-slim-bookworm AS build
WORKDIR /build
COPY requirements.lock .
# uv comes from the lock too; every later step is its work.
RUN python -m venv /opt/benchwright \
    && awk '/^[a-zA-Z0-9]/ {keep = /^uv==/} keep' requirements.lock >uv.lock \
    && /opt/benchwright/bin/python -m pip install --no-cache-dir --require-hashes --no-deps -r uv.lock \
    && /opt/benchwright/bin/uv pip install --no-cache --python /opt/benchwright/bin/python --compile-bytecode \
        --require-hashes -r requirements.lock
COPY . .
RUN /opt/benchwright/bin/uv pip install --no-cache --python /opt/benchwright/bin/python --compile-bytecode --no-deps .

FROM python:3.11.13-slim-bookworm
# Programs that models wrote run in bubblewrap, where the container may make name spaces: docs/deployment.md.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends bubblewrap \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home benchwright \
    && install --directory --owner=benchwright --group=benchwright /home/benchwright/.prefect
COPY --from=build /opt/benchwright /opt/benchwright
ENV PATH=/opt/benchwright/bin:$PATH PYTHONUNBUFFERED=1
USER benchwright
WORKDIR /home/benchwright
CMD ["benchwright", "--help"]
