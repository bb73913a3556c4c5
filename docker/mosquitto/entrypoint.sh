#!/bin/bash
# Certificates and passwords first, then Mosquitto with the password watcher beside it.
set -euo pipefail
/mosquitto/make-certificates.sh /mosquitto/certificates mosquitto localhost ${WAYMARK_MQTT_HOSTNAME:-}
/mosquitto/passwords.sh /mosquitto/passwords
echo $$ > /mosquitto/pid # exec keeps the number
/mosquitto/passwords.sh /mosquitto/passwords 2 /mosquitto/pid &
exec mosquitto -c /mosquitto/mosquitto.conf
