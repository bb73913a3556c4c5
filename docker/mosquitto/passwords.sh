#!/bin/bash
# passwords.sh PASSWORD_FILE [SECONDS PID_FILE]
# Writes Mosquitto's password file: the user "ingest" and every registered device. A device's password is the first 32 hex digits of
# HMAC-SHA256(WAYMARK_MQTT_DEVICE_SECRET, the 16 bytes of its id); trace-service told it to the device when it was registered.
# With SECONDS: looks again every so often and sends Mosquitto a HUP when devices were added. A new device's first connection may come
# earlier and is refused; the SDK tries again with a backoff, so it connects a moment later.
# Reads: WAYMARK_MQTT_DEVICE_SECRET, WAYMARK_INGEST_MQTT_PASSWORD, and libpq's PGHOST, PGPORT, PGDATABASE, PGPASSWORD for role trace_passport.
# The secret is an argument of openssl for a moment: run this where no other user can list processes.
set -euo pipefail
umask 077
file=$1
every=${2:-}
pid_file=${3:-}
export PGUSER=${PGUSER:-trace_passport}

device_password() {
  local bytes
  bytes=$(printf %s "$1" | sed 's/../\\x&/g')
  printf "$bytes" | openssl dgst -sha256 -mac HMAC -macopt "key:$WAYMARK_MQTT_DEVICE_SECRET" | sed 's/.*= *//' | cut -c1-32
}

round() {
  local added=0 id fresh
  fresh=$(mktemp "$file.XXXXXX")
  # psql fails before the first migration has made the table: then there are no devices yet.
  for id in $(psql -XAtq -c "SELECT encode(id, 'hex') FROM trace.stream WHERE role = 'device' ORDER BY 1" 2>/dev/null || true); do
    [[ $id =~ ^[0-9a-f]{32}$ ]] || continue
    grep -q "^$id:" "$file" && continue
    printf '%s:%s\n' "$id" "$(device_password "$id")" >> "$fresh"
    added=$((added + 1))
  done
  if [ "$added" -gt 0 ]; then
    mosquitto_passwd -U "$fresh"
    cat "$fresh" >> "$file"
    [ -n "$pid_file" ] && [ -f "$pid_file" ] && kill -HUP "$(cat "$pid_file")"
    echo "mosquitto: $added device(s) added"
  fi
  rm -f "$fresh"
}

if [ ! -f "$file" ]; then
  mosquitto_passwd -c -b "$file" ingest "$WAYMARK_INGEST_MQTT_PASSWORD"
fi
round
while [ -n "$every" ]; do
  sleep "$every"
  round
done
