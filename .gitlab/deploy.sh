#!/bin/sh
# Brings an overlay of k8s/ to its namespace: .gitlab/deploy.sh dev|prod
# Images are, for each component: what release/images.txt says, where an earlier job of the pipeline has deployed them
# (prod gets what dev runs); else what this pipeline has built (images/<component>); else what runs already. Where a rollout
# fails, what was changed is taken back. Writes release/<overlay>.txt, and release/images.txt for the next.
# CANARY=<service> in dev deploys this pipeline's image of that service as a canary beside the one that runs.
set -eu
overlay=${1:?dev or prod}
namespace=pipelines-$overlay
registry=registry.example.com/pipelines
components="engine image-processing face-detection face-analyzer digit-recognition object-detection digit-training"
cd "$(dirname "$0")/.."
[ -z "${KUBE_CONTEXT:-}" ] || kubectl config use-context "$KUBE_CONTEXT"

running() {
  kubectl --namespace "$namespace" get deployment "$1" --ignore-not-found \
    --output 'jsonpath={.spec.template.spec.containers[0].image}'
}

image_of() {
  if [ -s release/images.txt ]; then
    sed -n "s|^$1 ||p" release/images.txt
  elif [ -s "images/$1" ] && [ "${CANARY:-}" != "$1" ]; then
    cat "images/$1"
  else
    running "$1"
  fi
}

mkdir -p k8s/release release
release=k8s/release/kustomization.yaml
listed=release/$overlay.txt
: >"$listed"
{
  echo "apiVersion: kustomize.config.k8s.io/v1beta1"
  echo "kind: Kustomization"
  echo "resources:"
  echo "  - ../overlays/$overlay"
  [ -z "${CANARY:-}" ] || echo "  - ../canaries/$CANARY"
  [ -z "${CANARY:-}" ] || echo "namespace: $namespace"
  echo "images:"
} >"$release"
entry() { printf '  - {name: %s, newName: %s, newTag: "%s"}\n' "$1" "${2%:*}" "${2##*:}" >>"$release"; }
for component in $components; do
  image=$(image_of "$component")
  if [ -z "$image" ]; then
    echo "There is no image of $component: run the pipeline once with BUILD_ALL=1." >&2
    exit 1
  fi
  echo "$component $image" >>"$listed"
  entry "$registry/$component" "$image"
done
[ -z "${CANARY:-}" ] || entry "$CANARY-canary" "$(cat "images/$CANARY")"

kubectl apply --kustomize k8s/release
failed=
for component in $components ${CANARY:+$CANARY-canary}; do
  kubectl --namespace "$namespace" rollout status "deployment/$component" --timeout=10m || failed="$failed $component"
done
if [ -n "$failed" ]; then
  for component in $failed; do
    kubectl --namespace "$namespace" rollout undo "deployment/$component"
  done
  echo "Taken back:$failed" >&2
  exit 1
fi
cp "$listed" release/images.txt
