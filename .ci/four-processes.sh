#!/usr/bin/env bash
# The same path as the assembly, on other people's parts: Debian's PostgreSQL (a cluster of our own, not the system's service), Debian's
# Mosquitto with docker/mosquitto's configuration, ACL and certificates, and the four services as four processes. Then the small demo story,
# one passport, and its proof checked by the verifier's own jar.
#   .ci/four-processes.sh [--keep]     needs: mvn package -DskipTests beforehand; postgresql, mosquitto, openssl, curl
# Prints "N passed, M failed", exit 0 when nothing failed. Ends only what it started. --keep leaves the folder with data and logs.
set -uo pipefail
cd "$(dirname "$0")/.."
root=$PWD
keep=${1:-}
passed=0
failed=0
pids=()
work=$(mktemp -d "${TMPDIR:-/tmp}/waymark-four-XXXXXX")
chmod 711 "$work"
mkdir -m 700 "$work/log" "$work/trace" "$work/vision" "$work/fleet"

ok() { passed=$((passed + 1)); echo "  ok      $1"; }
bad() { failed=$((failed + 1)); echo "  FAILED  $1"; }
check() { local name=$1; shift; if "$@" > "$work/log/check.out" 2>&1; then ok "$name"; else bad "$name: $(tail -1 "$work/log/check.out")"; fi; }

finish() {
  local pid
  # In the opposite order of starting; only processes of this script.
  for ((i = ${#pids[@]} - 1; i >= 0; i--)); do
    pid=${pids[$i]}
    kill "$pid" 2> /dev/null
    for _ in $(seq 50); do kill -0 "$pid" 2> /dev/null || break; sleep 0.2; done
    kill -9 "$pid" 2> /dev/null
  done
  if [ -d "$work/pg" ]; then as_postgres "$pg/pg_ctl" -D "$work/pg" -m fast -w stop > /dev/null 2>&1; fi
  if [ "$failed" -gt 0 ] || [ "$keep" = --keep ]; then echo "logs: $work/log"; else rm -rf "$work"; fi
  echo "$passed passed, $failed failed"
  [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}
trap 'finish; exit $?' EXIT
trap 'exit 130' INT TERM

give_up() { bad "$1"; exit 1; }

as_postgres() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }

free_port() {
  local port
  for _ in $(seq 100); do
    port=$((20000 + RANDOM % 20000))
    (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null || { echo "$port"; return; }
  done
  return 1
}

# await SECONDS COMMAND…
await() {
  local until=$((SECONDS + $1))
  shift
  until "$@" > /dev/null 2>&1; do
    [ "$SECONDS" -ge "$until" ] && return 1
    sleep 0.5
  done
}

secret() { openssl rand -hex 24; }

for program in openssl curl java mosquitto mosquitto_passwd psql; do
  command -v "$program" > /dev/null || give_up "$program is not installed"
done
pg=$(ls -d /usr/lib/postgresql/*/bin 2> /dev/null | sort -V | tail -1)
[ -x "$pg/initdb" ] || give_up "PostgreSQL's server programs are not installed"
for jar in trace-service vision ingest web; do
  [ -f "$jar/target/quarkus-app/quarkus-run.jar" ] || give_up "$jar/target/quarkus-app/quarkus-run.jar is missing: mvn package -DskipTests"
done
[ -f devices/evidence/target/evidence.jar ] || give_up "devices/evidence/target/evidence.jar is missing"
simulator=$(ls devices/simulator/target/simulator-*.jar 2> /dev/null | grep -v -e sources -e javadoc | head -1)
[ -n "$simulator" ] || give_up "the simulator's jar is missing"

pg_port=$(free_port) mqtt_port=$(free_port) mqtt_inside=$(free_port)
trace_port=$(free_port) vision_port=$(free_port) ingest_port=$(free_port) web_port=$(free_port)
trace_url=http://127.0.0.1:$trace_port vision_url=http://127.0.0.1:$vision_port web_url=http://127.0.0.1:$web_port

# --- PostgreSQL -----------------------------------------------------------------------------------------------------------------------
export PGPASSWORD
superuser=$(secret)
mkdir -m 700 "$work/pg"
(umask 077; echo "$superuser" > "$work/pg-password")
if [ "$(id -u)" = 0 ]; then chown postgres "$work/pg" "$work/pg-password"; fi
as_postgres "$pg/initdb" -D "$work/pg" -U postgres --pwfile="$work/pg-password" -A scram-sha-256 --data-checksums -E UTF8 --locale=C \
  > "$work/log/initdb.log" 2>&1 || give_up "initdb: $(tail -1 "$work/log/initdb.log")"
rm -f "$work/pg-password"
as_postgres "$pg/pg_ctl" -D "$work/pg" -l "$work/pg/server.log" -w -t 60 \
  -o "-p $pg_port -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c max_connections=100" start > "$work/log/pg_ctl.log" 2>&1 \
  || give_up "PostgreSQL did not start: $(tail -1 "$work/log/pg_ctl.log")"
ok "PostgreSQL $("$pg/postgres" --version | sed 's/.*) //;s/ .*//') with scram passwords and checksums"

for name in OWNER APP LEDGER PASSPORT VISION_OWNER VISION_APP; do export "WAYMARK_DB_${name}_PASSWORD=$(secret)"; done
export PGHOST=127.0.0.1 PGPORT=$pg_port
PGPASSWORD=$superuser PGUSER=postgres PGDATABASE=postgres check "database" psql -Xqc "CREATE DATABASE waymark"
PGPASSWORD=$superuser PGUSER=postgres PGDATABASE=waymark check "roles" docker/roles.sh trace-service/src/main/resources/db/roles.sql
PGPASSWORD=$superuser PGUSER=postgres PGDATABASE=waymark check "roles, a second time" docker/roles.sh trace-service/src/main/resources/db/roles.sql

# --- Mosquitto ------------------------------------------------------------------------------------------------------------------------
export WAYMARK_MQTT_DEVICE_SECRET WAYMARK_INGEST_MQTT_PASSWORD
WAYMARK_MQTT_DEVICE_SECRET=$(secret)
WAYMARK_INGEST_MQTT_PASSWORD=$(secret)
mosquitto_folder=$work/mosquitto
mkdir -m 700 "$mosquitto_folder" "$mosquitto_folder/data"
docker/mosquitto/make-certificates.sh "$mosquitto_folder/certificates" localhost > "$work/log/openssl.log" 2>&1 \
  || give_up "certificates: $(tail -1 "$work/log/openssl.log")"
cp docker/mosquitto/acl "$mosquitto_folder/acl"
sed -e "s#/mosquitto/#$mosquitto_folder/#g" -e "s#^listener 8883#listener $mqtt_port 127.0.0.1#" -e "s#^listener 8884#listener $mqtt_inside 127.0.0.1#" \
  docker/mosquitto/mosquitto.conf > "$mosquitto_folder/mosquitto.conf"
# As root Mosquitto would change to its own user, who may not enter our folder.
if [ "$(id -u)" = 0 ]; then echo "user root" >> "$mosquitto_folder/mosquitto.conf"; fi
export PGUSER=trace_passport PGDATABASE=waymark
PGPASSWORD=$WAYMARK_DB_PASSPORT_PASSWORD docker/mosquitto/passwords.sh "$mosquitto_folder/passwords" || give_up "Mosquitto's password file"
mosquitto -c "$mosquitto_folder/mosquitto.conf" > "$work/log/mosquitto.log" 2>&1 &
pids+=($!)
echo $! > "$mosquitto_folder/pid"
PGPASSWORD=$WAYMARK_DB_PASSPORT_PASSWORD docker/mosquitto/passwords.sh "$mosquitto_folder/passwords" 1 "$mosquitto_folder/pid" > "$work/log/passwords.log" 2>&1 &
pids+=($!)
tls_answers() { openssl s_client -connect "127.0.0.1:$1" -CAfile "$mosquitto_folder/certificates/ca.crt" -verify_return_error < /dev/null; }
await 10 tls_answers "$mqtt_port" || give_up "Mosquitto did not start: $(tail -1 "$work/log/mosquitto.log")"
ok "Mosquitto $(mosquitto -h | sed -n 's/^mosquitto version //p') with TLS"
if command -v mosquitto_pub > /dev/null; then
  refused() { ! timeout 10 mosquitto_pub -h localhost -p "$mqtt_port" --cafile "$mosquitto_folder/certificates/ca.crt" -V mqttv5 -q 1 -t v1/a/b/c/r -m x "$@"; }
  check "Mosquitto refuses a client without password" refused
  check "Mosquitto refuses a wrong password" refused -u ingest -P wrong
fi

# --- the four services ----------------------------------------------------------------------------------------------------------------
token_ingest=$(secret) token_web=$(secret) token_vision=$(secret)
export WAYMARK_OPERATOR_TOKEN
WAYMARK_OPERATOR_TOKEN=$(secret)

# service NAME PORT VARIABLE=VALUE…
service() {
  local name=$1 port=$2
  shift 2
  mkdir -p "$work/$name"
  # Only what is named: a service must not need more than its own settings.
  (cd "$work/$name" && exec env -i PATH="$PATH" HOME="$work/$name" LANG=C.UTF-8 QUARKUS_HTTP_HOST=127.0.0.1 QUARKUS_HTTP_PORT="$port" "$@" \
    java -Xmx384m -jar "$root/$name/target/quarkus-app/quarkus-run.jar") > "$work/log/$name.log" 2>&1 &
  pids+=($!)
}
ready() { [ "$(curl -s -m 5 -o /dev/null -w '%{http_code}' "http://127.0.0.1:$1/q/health/ready")" = 200 ]; }

service trace-service "$trace_port" \
  WAYMARK_TRACE_DB_URL="jdbc:postgresql://127.0.0.1:$pg_port/waymark" \
  WAYMARK_TRACE_DB_OWNER_PASSWORD="$WAYMARK_DB_OWNER_PASSWORD" WAYMARK_TRACE_DB_APP_PASSWORD="$WAYMARK_DB_APP_PASSWORD" \
  WAYMARK_TRACE_DB_LEDGER_PASSWORD="$WAYMARK_DB_LEDGER_PASSWORD" WAYMARK_TRACE_DB_PASSPORT_PASSWORD="$WAYMARK_DB_PASSPORT_PASSWORD" \
  WAYMARK_TRACE_ORIGIN=four.localhost/ledger \
  WAYMARK_TRACE_LOG_KEY_FILE="$work/trace/log.p12" WAYMARK_TRACE_RECEIPT_KEY_FILE="$work/trace/receipt.p12" \
  WAYMARK_TRACE_MASTER_KEY_FILE="$work/trace/master.p12" WAYMARK_TRACE_LOCK_FILE="$work/trace/ledger.lock" \
  WAYMARK_TRACE_PUBLISH_DIR="$work/trace/published" \
  WAYMARK_TRACE_SETUP_TOKEN="$(secret)" WAYMARK_MQTT_DEVICE_SECRET="$WAYMARK_MQTT_DEVICE_SECRET" \
  WAYMARK_TRACE_SERVICE_TOKEN_INGEST="$token_ingest" WAYMARK_TRACE_SERVICE_TOKEN_WEB="$token_web" \
  WAYMARK_TRACE_SERVICE_TOKEN_VISION="$token_vision" WAYMARK_TRACE_SERVICE_TOKEN_OPERATOR="$WAYMARK_OPERATOR_TOKEN"
service vision "$vision_port" \
  QUARKUS_DATASOURCE_VISION_JDBC_URL="jdbc:postgresql://127.0.0.1:$pg_port/waymark" \
  QUARKUS_DATASOURCE_VISION_PASSWORD="$WAYMARK_DB_VISION_APP_PASSWORD" QUARKUS_FLYWAY_VISION_PASSWORD="$WAYMARK_DB_VISION_OWNER_PASSWORD" \
  WAYMARK_VISION_BLOB_DIR="$work/vision/blobs" WAYMARK_VISION_MASTER_KEY_FILE="$work/vision/master.key" \
  WAYMARK_VISION_NATIVE_CACHE_DIR="$work/vision/native" WAYMARK_VISION_TRACE_URL="$trace_url" WAYMARK_VISION_TRACE_TOKEN="$token_vision" \
  WAYMARK_VISION_SERVICE_TOKEN_INGEST="$token_ingest" WAYMARK_VISION_SERVICE_TOKEN_WEB="$token_web" \
  WAYMARK_VISION_SERVICE_TOKEN_OPERATOR="$WAYMARK_OPERATOR_TOKEN"
service web "$web_port" \
  WAYMARK_WEB_TRACE_URL="$trace_url" WAYMARK_WEB_VISION_URL="$vision_url" WAYMARK_WEB_SERVICE_TOKEN="$token_web" WAYMARK_WEB_PUBLIC_URL="$web_url"
service ingest "$ingest_port" \
  WAYMARK_INGEST_MQTT_URL="ssl://localhost:$mqtt_inside" WAYMARK_INGEST_MQTT_CA_FILE="$mosquitto_folder/certificates/ca.crt" \
  WAYMARK_INGEST_MQTT_USERNAME=ingest WAYMARK_INGEST_MQTT_PASSWORD="$WAYMARK_INGEST_MQTT_PASSWORD" \
  WAYMARK_INGEST_TRACE_URL="$trace_url" WAYMARK_INGEST_VISION_URL="$vision_url" WAYMARK_INGEST_SERVICE_TOKEN="$token_ingest"
for service in trace-service:$trace_port vision:$vision_port web:$web_port ingest:$ingest_port; do
  if await 120 ready "${service#*:}"; then ok "${service%:*} is ready"; else give_up "${service%:*} is not ready: $(grep -m1 ERROR "$work/log/${service%:*}.log" || tail -1 "$work/log/${service%:*}.log")"; fi
done

# --- the path -------------------------------------------------------------------------------------------------------------------------
timeout 300 java -Xmx384m -jar "$simulator" story --folder "$work/fleet" --trace "$trace_url" --vision "$vision_url" \
  --mqtt "ssl://localhost:$mqtt_port" --mqtt-ca "$mosquitto_folder/certificates/ca.crt" --items 5 --until-caught-up > "$work/log/story.log" 2>&1
if [ $? -eq 0 ]; then ok "the story is told and every reading has its receipt"; else bad "the story: $(tail -1 "$work/log/story.log")"; fi
item=$(sed -n 's/^showcase //p' "$work/log/story.log" | tail -1)
[ -n "$item" ] || give_up "the story names no item"

status() { [ "$(curl -s -m 20 -o "$work/answer" -w '%{http_code}' "${@:2}")" = "$1" ]; }
# The log may grow between the two questions: asked again until they fall into one state.
same_checkpoint() {
  local _
  for _ in $(seq 60); do
    curl -sf -m 20 -o "$work/shown" "$trace_url/ledger/checkpoint" && cmp -s "$work/shown" "$work/trace/published/checkpoint" && return
    sleep 0.5
  done
  echo "they differ"
  return 1
}
check "passport of $item answers 200" status 200 -H 'Accept: text/html' "$web_url$item"
check "unknown serial answers 404" status 404 -H 'Accept: text/html' "$web_url${item%/*}/NOSUCHSERIAL234567"
check "proof downloads" curl -sf -m 20 -o "$work/item.waymark" "$web_url/proof$item"
check "log key downloads" curl -sf -m 20 -o "$work/log.vkey" "$trace_url/ledger/key"
check "a stranger without token is refused" status 401 "$trace_url/api/devices"
check "the checkpoint that is served is the published file's" same_checkpoint
audit() { java -jar devices/evidence/target/evidence.jar audit "$work/trace/published" --log-key "@$work/log.vkey"; }
check "the published files alone are a whole log" audit
verify() { java -jar devices/evidence/target/evidence.jar verify "$1" --log-key "@$work/log.vkey"; }
check "the verifier's own jar accepts the proof" verify "$work/item.waymark"
cp "$work/item.waymark" "$work/altered.waymark" 2> /dev/null
size=$(stat -c %s "$work/altered.waymark" 2> /dev/null || echo 0)
if [ "$size" -gt 100 ]; then
  # One bit in the middle of the file.
  byte=$(od -An -tu1 -j $((size / 2)) -N1 "$work/altered.waymark" | tr -d ' ')
  printf "\\x$(printf %02x $((byte ^ 1)))" | dd of="$work/altered.waymark" bs=1 seek=$((size / 2)) conv=notrunc status=none
  refuses() { ! verify "$work/altered.waymark"; }
  check "and refuses it with one bit changed" refuses
fi
PGPASSWORD=$superuser PGUSER=postgres check "no service is a superuser or bypasses row-level security" sh -c \
  '[ "$(psql -XAtc "SELECT count(*) FROM pg_roles WHERE rolname ~ '"'^(trace|vision)_'"' AND (rolsuper OR rolbypassrls OR rolcreaterole)")" = 0 ]'
