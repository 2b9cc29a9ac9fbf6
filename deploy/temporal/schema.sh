#!/bin/sh
# Brings both databases of Temporal to the schema of this image's version. Safe to repeat.
set -eu

schemas=/etc/temporal/schema/postgresql/v12

migrate() {
	tool="temporal-sql-tool --plugin postgres12 --ep $POSTGRES_SEEDS -p $DB_PORT -u $POSTGRES_USER --db $1"
	$tool create
	$tool setup-schema -v 0.0
	$tool update-schema -d "$schemas/$2/versioned"
}

migrate temporal temporal
migrate temporal_visibility visibility
