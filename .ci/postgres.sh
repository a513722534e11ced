#!/usr/bin/env bash
# A throwaway PostgreSQL for the tests.
#
#   export TEST_POSTGRES_URL=$(bash .ci/postgres.sh)   start one (or keep the one already named) and print its URL
#   bash .ci/postgres.sh stop [DIR]                    stop it and delete its files
#
# DIR is the temporary directory of the cluster; without it the one of TEST_POSTGRES_URL is stopped.
# Needs Debian's postgresql package; root installs it when it is missing.
set -euo pipefail

as_postgres() {
  if [ "$(id -u)" -eq 0 ]; then
    setpriv --reuid=postgres --regid=postgres --init-groups env HOME=/tmp "$@"
  else
    "$@"
  fi
}

find_bin() {
  local found
  # The newest version wins where several are installed.
  found=$(find /usr/lib/postgresql -mindepth 3 -maxdepth 3 -path '*/bin/initdb' 2>/dev/null | sort -V | tail -n 1)
  if [ -z "$found" ]; then
    found=$(command -v initdb || true)
  fi
  [ -n "$found" ] && dirname "$found"
}

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

start() {
  if [ -n "${TEST_POSTGRES_URL:-}" ]; then
    echo "$TEST_POSTGRES_URL"
    return
  fi
  if ! BIN=$(find_bin); then
    if [ "$(id -u)" -ne 0 ]; then
      echo "PostgreSQL is not installed; run: apt-get install postgresql" >&2
      exit 1
    fi
    {
      apt-get update
      DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends postgresql
    } >&2
    BIN=$(find_bin)
  fi
  DIR=$(mktemp -d /tmp/gondola-postgres.XXXXXX)
  if [ "$(id -u)" -eq 0 ]; then
    chown postgres "$DIR"
  fi
  PORT=$(free_port)
  cd "$DIR"
  {
    as_postgres "$BIN/initdb" --pgdata="$DIR/data" --username=gondola --auth=trust --encoding=UTF8 \
      --locale=C --no-sync
    as_postgres "$BIN/pg_ctl" --pgdata="$DIR/data" --log="$DIR/log" --wait \
      --options="-c listen_addresses=127.0.0.1 -c port=$PORT -c unix_socket_directories=$DIR -c fsync=off -c max_connections=200" \
      start </dev/null
  } >&2
  echo "postgresql://gondola@127.0.0.1:$PORT/postgres?application_name=$(basename "$DIR")"
}

stop() {
  local dir=${1:-}
  if [ -z "$dir" ]; then
    # The cluster's directory travels in the URL, so that stopping needs nothing but the URL.
    dir=/tmp/$(sed -n 's/.*application_name=\(gondola-postgres\.[A-Za-z0-9]*\).*/\1/p' <<<"${TEST_POSTGRES_URL:-}")
  fi
  case "$dir" in
    /tmp/gondola-postgres.*) ;;
    *)
      echo "not a cluster of this script: $dir" >&2
      exit 1
      ;;
  esac
  BIN=$(find_bin)
  cd "$dir"
  as_postgres "$BIN/pg_ctl" --pgdata="$dir/data" --mode=immediate --wait stop >&2
  cd /
  rm -rf "$dir"
}

case "${1:-start}" in
  start) start ;;
  stop) stop "${2:-}" ;;
  *)
    echo "usage: postgres.sh [start | stop [DIR]]" >&2
    exit 2
    ;;
esac
