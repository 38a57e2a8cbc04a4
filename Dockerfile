# The product without its database: the same image serves pages, works off jobs and runs the one-time commands.
FROM python:3.11-slim-bookworm

# pango paints the PDFs; without harfbuzz-subset each takes twenty times as long
RUN apt-get update \
    && apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
    && rm -rf /var/lib/apt/lists/*

ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PYTHONUTF8=1
COPY requirements.txt /opt/requirements.txt
RUN python -m venv /opt/venv \
    && pip install --no-cache-dir --require-hashes --only-binary=:all: -r /opt/requirements.txt \
    && rm /opt/requirements.txt

WORKDIR /app
COPY . .
# the volume for var/ takes its owner from this folder
RUN useradd --system --uid 10001 --home-dir /app --no-create-home lianzheng \
    && install -d -o lianzheng -g lianzheng -m 0750 var
USER lianzheng

EXPOSE 8000
CMD ["gunicorn", "lianzheng.wsgi", "--worker-class", "gthread", "--workers", "2", "--threads", "4", \
     "--bind", "0.0.0.0:8000", "--no-control-socket", "--worker-tmp-dir", "/dev/shm"]
