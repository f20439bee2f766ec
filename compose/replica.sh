#!/bin/sh
# Copies the primary (PGHOST, PGUSER, PGPASSWORD) where there is no whole copy yet, then runs the server that follows it, given as arguments.
set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  copy="$PGDATA.copy"
  rm -rf "$copy"
  mkdir -p "$(dirname "$PGDATA")"
  pg_basebackup --pgdata "$copy" --write-recovery-conf --wal-method stream --slot replica --checkpoint fast --no-password
  chmod 0700 "$copy"
  rm -rf "$PGDATA"
  mv "$copy" "$PGDATA"
fi
exec "$@"
