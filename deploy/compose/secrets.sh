#!/bin/sh
# Makes what compose.yaml takes its secrets from, once: `sh deploy/compose/secrets.sh`. What is there already is kept.
#
# Compose gives a container the file itself, with the owner and mode that it has here; the users of the containers are
# none of this machine, so each file may be read by all, and the folder around them by its owner alone.
set -eu
cd "$(dirname "$0")/../.."
umask 077
mkdir -p secrets
chmod 700 secrets

random() { # $1 bytes, as hexadecimal digits
    head -c "$1" /dev/urandom | od -An -v -tx1 | tr -d ' \n'
}

keep() { # $1 name: what comes in, where there is no such file yet
    if [ ! -s "secrets/$1" ]; then
        cat >"secrets/$1.new"
        chmod 444 "secrets/$1.new"
        mv "secrets/$1.new" "secrets/$1"
        echo "secrets/$1"
    fi
}

random 32 | keep admin-key
random 24 | keep grafana-password
random 48 | keep mongodb-keyfile
random 24 | keep mongodb-root-password
random 24 | keep mongodb-engine-password
random 10 | keep s3-key-id
random 24 | keep s3-secret-key
printf 'mongodb://engine:%s@mongodb:27017/engine?replicaSet=rs0&authSource=engine' \
    "$(cat secrets/mongodb-engine-password)" | keep mongodb-uri
printf '{"identities":[{"name":"engine","credentials":[{"accessKey":"%s","secretKey":"%s"}],"actions":["Admin","Read","Write","List","Tagging"]}]}' \
    "$(cat secrets/s3-key-id)" "$(cat secrets/s3-secret-key)" | keep s3-identities.json
