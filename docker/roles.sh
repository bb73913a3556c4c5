#!/bin/sh
# roles.sh ROLES_SQL  fills the passwords into trace-service's db/roles.sql and runs it; safe to repeat.
# Reads WAYMARK_*_PASSWORD below (letters and digits) and libpq's PG… variables of a superuser.
set -eu
for name in OWNER APP LEDGER PASSPORT VISION_OWNER VISION_APP; do
  eval "value=\${WAYMARK_DB_${name}_PASSWORD:?}"
  case $value in *[!0-9A-Za-z]*) echo "WAYMARK_DB_${name}_PASSWORD: letters and digits only" >&2; exit 1 ;; esac
done
sed -e "s/\${owner_password}/$WAYMARK_DB_OWNER_PASSWORD/g" -e "s/\${app_password}/$WAYMARK_DB_APP_PASSWORD/g" \
  -e "s/\${ledger_password}/$WAYMARK_DB_LEDGER_PASSWORD/g" -e "s/\${passport_password}/$WAYMARK_DB_PASSPORT_PASSWORD/g" \
  -e "s/\${vision_owner_password}/$WAYMARK_DB_VISION_OWNER_PASSWORD/g" -e "s/\${vision_app_password}/$WAYMARK_DB_VISION_APP_PASSWORD/g" \
  "$1" | psql -X -q -v ON_ERROR_STOP=1 -1
