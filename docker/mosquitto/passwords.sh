#!/bin/bash
# passwords.sh PASSWORD_FILE [SECONDS PID_FILE]
# Writes Mosquitto's password file: the user "ingest" and every registered device that has a key which is not revoked. A device's password is the first 32 hex digits of
# HMAC-SHA256(WAYMARK_MQTT_DEVICE_SECRET, the 16 bytes of its id); trace-service told it to the device when it was registered.
# With SECONDS: looks again every so often and sends Mosquitto a HUP when devices were added or revoked; a revoked one is thrown out. A new device's first connection may come
# earlier and is refused; the SDK tries again with a backoff, so it connects a moment later.
# With WAYMARK_MQTT_ACL_FILE also writes a deny for every revoked device into that ACL: needed with certificates.conf.
# Reads: WAYMARK_MQTT_DEVICE_SECRET, WAYMARK_INGEST_MQTT_PASSWORD, and libpq's PGHOST, PGPORT, PGDATABASE, PGPASSWORD for role trace_passport.
# The secret is an argument of openssl for a moment: run this where no other user can list processes.
set -euo pipefail
umask 077
file=$1
every=${2:-}
pid_file=${3:-}
acl=${WAYMARK_MQTT_ACL_FILE:-}
export PGUSER=${PGUSER:-trace_passport}

device_password() {
  local bytes
  bytes=$(printf %s "$1" | sed 's/../\\x&/g')
  printf "$bytes" | openssl dgst -sha256 -mac HMAC -macopt "key:$WAYMARK_MQTT_DEVICE_SECRET" | sed 's/.*= *//' | cut -c1-32
}

round() {
  local added=0 removed=0 denials=0 id refused fresh denied
  fresh=$(mktemp "$file.XXXXXX")
  denied=$(mktemp "$file.XXXXXX")
  # psql fails before the first migration has made the table: then there are no devices yet.
  while IFS='|' read -r id refused; do
    [[ $id =~ ^[0-9a-f]{32}$ ]] || continue
    if [ "$refused" = t ]; then
      printf 'user %s\ntopic deny #\n' "$id" >> "$denied"
      if grep -q "^$id:" "$file"; then
        grep -v "^$id:" "$file" > "$file.kept" && cat "$file.kept" > "$file"
        rm -f "$file.kept"
        removed=$((removed + 1))
      fi
      continue
    fi
    grep -q "^$id:" "$file" && continue
    printf '%s:%s\n' "$id" "$(device_password "$id")" >> "$fresh"
    added=$((added + 1))
  done < <(psql -XAtq -c "SELECT encode(s.id, 'hex'), bool_and(k.revoked_index IS NOT NULL) FROM trace.stream s
      JOIN trace.stream_key k ON k.stream_id = s.id WHERE s.role = 'device' GROUP BY s.id ORDER BY 1" 2>/dev/null || true)
  if [ "$added" -gt 0 ]; then
    mosquitto_passwd -U "$fresh"
    cat "$fresh" >> "$file"
  fi
  # Whoever connects by a certificate has no password to lose: a deny in the ACL, below a line of ours, ends what it may.
  if [ -n "$acl" ] && ! sed '1,/^# revoked$/d' "$acl" | cmp -s - "$denied"; then
    { sed '/^# revoked$/,$d' "$acl"; echo "# revoked"; cat "$denied"; } > "$acl.next"
    cat "$acl.next" > "$acl"
    rm -f "$acl.next"
    denials=1
  fi
  rm -f "$denied"
  if [ $((added + removed + denials)) -gt 0 ]; then
    # On a HUP Mosquitto reads the file again and disconnects whoever is not in it any more.
    [ -n "$pid_file" ] && [ -f "$pid_file" ] && kill -HUP "$(cat "$pid_file")"
    echo "mosquitto: $added device(s) added, $removed revoked"
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
