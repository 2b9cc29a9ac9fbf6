#!/bin/sh
# Creates the namespace of the daemons if it is not there. The starter adds the search attributes.
set -eu

if temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1; then
	exit 0
fi
exec temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention 7d
