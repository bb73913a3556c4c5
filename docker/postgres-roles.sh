#!/bin/sh
# Run once by the postgres image, inside its start-up server.
set -eu
PGUSER=postgres PGDATABASE=waymark sh /waymark/roles.sh /waymark/roles.sql
