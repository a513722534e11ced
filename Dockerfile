# Two stages: the first builds the wheel and an environment from the hash-locked requirements,
# the second carries only that environment and runs as nobody in particular.
FROM python:3.11-slim AS build
WORKDIR /src
RUN python -m venv /opt/gondola
COPY requirements.txt pyproject.toml README.md LICENSE ./
RUN /opt/gondola/bin/pip install --no-cache-dir --require-hashes -r requirements.txt
COPY bot ./bot
COPY adapters ./adapters
COPY storage ./storage
RUN /opt/gondola/bin/pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /dist . \
 && /opt/gondola/bin/pip install --no-cache-dir --no-deps /dist/*.whl

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /data gondola && install -d -o gondola -g gondola -m 0700 /data
COPY --from=build /opt/gondola /opt/gondola
ENV PATH=/opt/gondola/bin:$PATH PYTHONUNBUFFERED=1 GONDOLA_DATA_DIR=/data GONDOLA_HTTP=0.0.0.0:8080
USER gondola
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
ENTRYPOINT ["gondola"]
CMD ["run"]
