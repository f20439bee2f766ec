#!/bin/sh
# Lets the replica stream: what the image lets in by itself is databases alone.
set -eu
echo "host replication replicator all scram-sha-256" >> "$PGDATA/pg_hba.conf"
