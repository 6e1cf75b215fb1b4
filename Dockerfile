# Runs the quickstart: docker build -t crlm . && docker run --rm -v "$PWD/runs:/data/runs" crlm
# Anything else: docker run --rm -v "$PWD:/data" crlm check my.yaml
FROM python:3.11-slim

COPY pyproject.toml README.md LICENSE constraints.txt /src/
COPY abm /src/abm
COPY configs /src/configs
RUN python3 -m pip install --no-cache-dir /src -c /src/constraints.txt

ENV NUMBA_CACHE_DIR=/kernels
RUN mkdir -m 777 /kernels
WORKDIR /data
ENTRYPOINT ["crlm"]
CMD ["run", "quickstart"]
