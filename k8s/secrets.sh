#!/usr/bin/env bash
# Makes what is secret in an overlay: k8s/secrets.sh local|dev|prod
# Files in k8s/secrets/<overlay>/, which git ignores; those that are there are kept, so that doing it again changes
# nothing, and a value is changed by writing its file. What only you can know (prod's stores) is asked for by name.
# Then: kubectl apply -k k8s/secrets/<overlay>
set -euo pipefail
overlay=${1:-}
case $overlay in local | dev | prod) ;; *) echo "k8s/secrets.sh local|dev|prod" >&2 && exit 2 ;; esac
umask 077
folder=$(dirname "$0")/secrets/$overlay
mkdir -p "$folder"
cd "$folder"

random() { od -An -N "$1" -tx1 /dev/urandom | tr -d ' \n'; }
keep() { [ -s "$1" ] || printf %s "$2" >"$1"; }

keep admin-key "$(random 32)"
wanted=(mongo-uri s3-key-id s3-secret-key digits-key-id digits-secret-key)
stores=
if [ "$overlay" != prod ]; then
  keep mongodb-user engine
  keep mongodb-password "$(random 24)"
  keep mongodb-key-file "$(random 256)"
  keep mongo-uri "mongodb://$(cat mongodb-user):$(cat mongodb-password)@mongodb-0.mongodb:27017/?replicaSet=rs0&authSource=admin"
  for who in s3 digits; do
    keep $who-key-id "$(random 10)"
    keep $who-secret-key "$(random 20)"
  done
  identity() { printf '{"name":"%s","credentials":[{"accessKey":"%s","secretKey":"%s"}],"actions":["Admin:%s"]}' "$1" "$2" "$3" "$1"; }
  printf '{"identities":[%s,%s]}' "$(identity engine "$(cat s3-key-id)" "$(cat s3-secret-key)")" \
    "$(identity digits "$(cat digits-key-id)" "$(cat digits-secret-key)")" >s3.json
  stores='  - name: mongodb-secrets
    files: [user=mongodb-user, password=mongodb-password, key-file=mongodb-key-file]
  - name: s3-secrets
    files: [s3.json]
'
fi
missing=()
for name in "${wanted[@]}"; do [ -s "$name" ] || missing+=("$name"); done
if [ "${#missing[@]}" -gt 0 ]; then
  echo "These are for you to write into $folder, one value in each file: ${missing[*]}" >&2
  exit 1
fi
# Keys for services, for the retraining and for Prometheus are made by the engine, once it runs: `aim keys create` (docs/deployment.md).
keys=
[ -s service-key ] && keys+='  - name: service-secrets
    files: [service-key]
'
[ -s submit-key ] && keys+='  - name: retrain-secrets
    files: [submit-key]
'
[ -s read-key ] && keys+='  - name: prometheus-secrets
    files: [read-key]
'
cat >kustomization.yaml <<END
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: pipelines-$overlay
generatorOptions: {disableNameSuffixHash: true}
secretGenerator:
  - name: engine-secrets
    files: [mongo-uri, s3-key-id, s3-secret-key, admin-key]
  - name: digit-secrets
    files: [s3-key-id=digits-key-id, s3-secret-key=digits-secret-key]
$stores$keys
END
chmod 600 ./*
echo "kubectl apply -k k8s/secrets/$overlay"
