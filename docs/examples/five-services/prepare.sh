#!/bin/sh
# Makes what the others need; doing it again changes nothing.
set -eu
mkdir -p data/postgres data/redis secrets
chmod 700 data/postgres secrets
[ -s secrets/database ] || (umask 077 && head -c 18 /dev/urandom | base64 >secrets/database)
if [ "$(id -u)" = 0 ]; then
	chown postgres data/postgres
fi
