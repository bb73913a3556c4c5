#!/bin/sh
# make-certificates.sh FOLDER NAME…  makes FOLDER/ca.crt, ca.key, server.crt, server.key for these DNS names (and 127.0.0.1), if missing.
# A small authority of one's own is right for devices: each gets ca.crt with its credentials and trusts nothing else. 825 days, P-256.
set -eu
umask 077
folder=$1
shift
mkdir -p "$folder"
cd "$folder"
[ -f server.crt ] && exit 0
names="IP:127.0.0.1"
for name in "$@"; do names="$names,DNS:$name"; done
openssl ecparam -name prime256v1 -genkey -noout -out ca.key
openssl req -x509 -new -key ca.key -sha256 -days 3650 -subj "/CN=Waymark MQTT authority" -out ca.crt \
  -addext "basicConstraints=critical,CA:TRUE,pathlen:0" -addext "keyUsage=critical,keyCertSign,cRLSign"
openssl ecparam -name prime256v1 -genkey -noout -out server.key
openssl req -new -key server.key -subj "/CN=$1" -out server.csr
printf 'subjectAltName=%s\nbasicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n' "$names" > server.ext
openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -sha256 -days 825 -extfile server.ext -out server.crt
rm -f server.csr server.ext ca.srl
chmod 644 ca.crt server.crt
