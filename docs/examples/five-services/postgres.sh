#!/bin/sh
# Runs PostgreSQL on data/postgres, which the first run makes.
set -eu
for bin in /usr/lib/postgresql/*/bin; do # Debian keeps the server out of PATH
	[ -d "$bin" ] && PATH=$bin:$PATH
done
if [ ! -s data/postgres/PG_VERSION ]; then
	echo "$PASSWORD" | initdb --pgdata=data/postgres --username="$PGUSER" --auth=scram-sha-256 --pwfile=/dev/stdin --encoding=UTF8 --locale=C
fi
exec postgres -D data/postgres -h 127.0.0.1 -p "$PGPORT" -c unix_socket_directories=
