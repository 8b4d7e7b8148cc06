#!/usr/bin/env bash
# Puts Stoa into the hands of an Argo CD that is installed: settings for our kinds, the project, and the application that makes the others.
# Running it again changes nothing.
set -euo pipefail

usage() {
  cat <<'USAGE'
usage: argocd/bootstrap.sh dev|prod [--dry-run] [--context NAME] [--with-application-health]

  dev    follows Git by itself: sync, prune and self-heal are automatic
  prod   waits for somebody to press Sync, inside the window of the project

  --dry-run                   ask the cluster what would change, and change nothing
  --context NAME              the context of your kubeconfig to use; without it, the current one
  --with-application-health   let the waves between the applications wait for one another (see docs/guides/argocd.md)

First put your repositories into argocd/settings/dev/settings.yaml or argocd/settings/prod/settings.yaml, and push them.
USAGE
}

fail() {
  echo "bootstrap: $1" >&2
  exit "${2:-1}"
}

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
environment=""
context=()
# As the manifests in Git say.
namespace="argocd"
dry_run=()
application_health=false

while [ $# -gt 0 ]; do
  case "$1" in
    dev | prod)
      [ -z "$environment" ] || fail "both $environment and $1 are given; choose one" 64
      environment="$1"
      ;;
    --dry-run) dry_run=(--dry-run=server) ;;
    --with-application-health) application_health=true ;;
    --context)
      [ $# -ge 2 ] || fail "$1 needs a name after it" 64
      context=(--context "$2")
      shift
      ;;
    -h | --help)
      usage
      exit 0
      ;;
    *)
      usage >&2
      fail "does not know '$1'" 64
      ;;
  esac
  shift
done

if [ -z "$environment" ]; then
  usage >&2
  fail "say which environment: dev or prod" 64
fi

command -v kubectl >/dev/null || fail "kubectl is not on the PATH; install it first"
settings="$here/settings/$environment/settings.yaml"
if grep -q 'git\.example\.com' "$settings"; then
  fail "argocd/settings/$environment/settings.yaml still names git.example.com; put your repositories there, commit and push"
fi

k() { kubectl ${context[@]+"${context[@]}"} "$@"; }

answer="$(k version 2>&1)" || fail "the cluster does not answer (${answer##*$'\n'}); kubectl config get-contexts lists what --context takes"
k get namespace "$namespace" >/dev/null 2>&1 || fail "there is no namespace $namespace; install Argo CD there first"
for crd in applications.argoproj.io appprojects.argoproj.io; do
  k get crd "$crd" >/dev/null 2>&1 || fail "the cluster has no $crd; install Argo CD first"
done

# Merged key by key: what else is in these ConfigMaps stays.
merge() {
  local name="$1" file="$2"
  k -n "$namespace" get configmap "$name" >/dev/null 2>&1 || fail "there is no ConfigMap $name in $namespace; is Argo CD installed there?"
  k -n "$namespace" patch configmap "$name" --type merge --patch-file "$file" ${dry_run[@]+"${dry_run[@]}"}
}

merge argocd-cm "$here/config/argocd-cm-patch.yaml"
merge argocd-rbac-cm "$here/config/argocd-rbac-cm-patch.yaml"
if k -n "$namespace" get configmap argocd-notifications-cm >/dev/null 2>&1; then
  merge argocd-notifications-cm "$here/config/argocd-notifications-cm-patch.yaml"
else
  echo "argocd-notifications-cm is not there: notifications are left out"
fi
if [ "$application_health" = true ]; then
  merge argocd-cm "$here/config/optional/application-health-patch.yaml"
fi

k apply --server-side --field-manager=stoa-bootstrap ${dry_run[@]+"${dry_run[@]}"} --kustomize "$here/$environment"

if [ ${#dry_run[@]} -gt 0 ]; then
  echo "Nothing was changed. Run it again without --dry-run."
elif [ "$environment" = prod ]; then
  echo "Done. Open Argo CD and sync stoa-prod, then stoa-crds-prod, stoa-controller-prod and stoa-records-prod."
else
  echo "Done. Watch it: kubectl -n $namespace get applications -w"
fi
