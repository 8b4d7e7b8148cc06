#!/usr/bin/env bash
# Installs Stoa from deploy/kustomize, without Helm and without a GitOps tool. Running it again brings what has changed.
set -euo pipefail

usage() {
  cat <<'USAGE'
usage: deploy/deploy.sh base|development|production|onprem [--image IMAGE] [--dry-run] [--context NAME] [--force-conflicts] [--no-wait]

  --image IMAGE      the image to run, such as registry.example.com/dns/stoa:0.1.0; without it stoa:0.1.0, which the nodes must have
  --dry-run          ask the cluster what would change, and change nothing
  --context NAME     the context of your kubeconfig to use; without it, the current one
  --force-conflicts  take back what was changed by hand or installed in another way; without it, that stops the script
  --no-wait          do not wait until the processes are ready
USAGE
}

fail() {
  echo "deploy: $1" >&2
  exit "${2:-1}"
}

# Manifests without those of one kind.
without_kind() {
  awk -v kind="kind: $1" '
    function flush() { if (!skip && text != "") printf "---\n%s", text; text = ""; skip = 0 }
    $0 == "---" { flush(); next }
    { text = text $0 "\n"; if ($0 == kind) skip = 1 }
    END { flush() }'
}

# Deletes what an overlay that was installed before had of a kind, and this one has not: a budget for one replica would hold up every drain of
# its node. What was made in another way stays.
remove_leftover() {
  local kind="$1" resource="$2" managers
  grep -q "^kind: $kind\$" <<<"$rendered" && return
  managers="$(k -n stoa-system get "$resource" stoa --show-managed-fields --output 'jsonpath={.metadata.managedFields[*].manager}' 2>/dev/null)" || return 0
  case " $managers " in *" stoa-deploy "*) k -n stoa-system delete "$resource" stoa ${dry_run[@]+"${dry_run[@]}"} ;; esac
}

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
overlay=""
image=""
context=()
dry_run=()
force=()
wait=true

while [ $# -gt 0 ]; do
  case "$1" in
    base | development | production | onprem)
      [ -z "$overlay" ] || fail "both $overlay and $1 are given; choose one" 64
      overlay="$1"
      ;;
    --dry-run) dry_run=(--dry-run=server) ;;
    --force-conflicts) force=(--force-conflicts) ;;
    --no-wait) wait=false ;;
    --image | --context)
      [ $# -ge 2 ] || fail "$1 needs a value after it" 64
      if [ "$1" = --context ]; then context=(--context "$2"); else image="$2"; fi
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
if [ -z "$overlay" ]; then
  usage >&2
  fail "say which overlay" 64
fi
if [ -n "$image" ] && ! [[ "$image" =~ ^[A-Za-z0-9][A-Za-z0-9./:_@-]*$ ]]; then
  fail "'$image' is no image" 64
fi

command -v kubectl >/dev/null || fail "kubectl is not on the PATH; install it first"
k() { kubectl ${context[@]+"${context[@]}"} "$@"; }
answer="$(k version 2>&1)" || fail "the cluster does not answer (${answer##*$'\n'}); kubectl config get-contexts lists what --context takes"

folder="$here/kustomize/overlays/$overlay"
[ "$overlay" = base ] && folder="$here/kustomize/base"
rendered="$(kubectl kustomize "$folder")"
if [ -n "$image" ]; then
  rendered="${rendered//image: stoa:0.1.0/image: $image}"
fi

rendered="$(without_kind CustomResourceDefinition <<<"$rendered")"
if grep -q '^kind: ServiceMonitor$' <<<"$rendered" && ! k get crd servicemonitors.monitoring.coreos.com >/dev/null 2>&1; then
  echo "The cluster has no Prometheus operator, so the ServiceMonitor is left out. Once it has one, run this again."
  rendered="$(without_kind ServiceMonitor <<<"$rendered")"
fi

# The CRDs first, by the server: they are too large for the annotation of a client-side apply. Nobody changes them by hand, so who installed
# those that are there does not matter.
k apply --server-side --field-manager=stoa-deploy --force-conflicts ${dry_run[@]+"${dry_run[@]}"} --kustomize "$here/../crds"
if [ ${#dry_run[@]} -eq 0 ]; then
  k wait --for=condition=Established --timeout=60s crd/dynamicdnsrecords.dns.stoa.dev crd/nodepools.dns.stoa.dev crd/wanaddresses.dns.stoa.dev crd/dnsproviders.dns.stoa.dev
elif ! k get namespace stoa-system >/dev/null 2>&1; then
  echo "namespace stoa-system is not there yet, so no more can be tried: create it, or run without --dry-run"
  exit 0
fi
echo "$rendered" | k apply --server-side --field-manager=stoa-deploy ${force[@]+"${force[@]}"} ${dry_run[@]+"${dry_run[@]}"} --filename=-
remove_leftover PodDisruptionBudget poddisruptionbudgets.policy
remove_leftover ServiceMonitor servicemonitors.monitoring.coreos.com

if [ ${#dry_run[@]} -gt 0 ]; then
  echo "Nothing was changed. Run it again without --dry-run."
elif [ "$wait" = true ]; then
  k -n stoa-system rollout status deployment/stoa --timeout=180s
fi
