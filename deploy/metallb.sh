#!/usr/bin/env bash
# Gives MetalLB a range of addresses under the name of stoa, so that Services of type LoadBalancer get one on your own machines.
set -euo pipefail

usage() {
  cat <<'USAGE'
usage: deploy/metallb.sh RANGE [--name NAME] [--dry-run] [--context NAME]

  RANGE          first-last (192.0.2.10-192.0.2.20) or a CIDR (192.0.2.16/28), IPv4 or an IPv6 CIDR; addresses of your network that its
                 DHCP server does not hand out
  --name NAME    name of the pool; without it, stoa
  --dry-run      ask the cluster what would change, and change nothing
  --context NAME the context of your kubeconfig to use; without it, the current one

MetalLB itself has to be there, 0.14.9 or later: an older one does not hear the annotation metallb.io/address-pool. Its guide says how to install it.
USAGE
}

fail() {
  echo "metallb: $1" >&2
  exit "${2:-1}"
}

range=""
name="stoa"
context=()
dry_run=()

while [ $# -gt 0 ]; do
  case "$1" in
    --dry-run) dry_run=(--dry-run=server) ;;
    --name | --context)
      [ $# -ge 2 ] || fail "$1 needs a name after it" 64
      if [ "$1" = --context ]; then context=(--context "$2"); else name="$2"; fi
      shift
      ;;
    -h | --help)
      usage
      exit 0
      ;;
    -*) fail "does not know '$1'" 64 ;;
    *)
      [ -z "$range" ] || fail "two ranges are given, $range and $1; give one" 64
      range="$1"
      ;;
  esac
  shift
done
if [ -z "$range" ]; then
  usage >&2
  fail "give a range" 64
fi
[[ "$name" =~ ^[a-z0-9]([-a-z0-9]*[a-z0-9])?$ ]] || fail "'$name' is no name: lower-case letters, digits and hyphens" 64

# The number of an IPv4 address, or a failure.
number_of() {
  local a b c d part
  IFS=. read -r a b c d <<<"$1"
  for part in "$a" "$b" "$c" "$d"; do
    [[ "$part" =~ ^(0|[1-9][0-9]{0,2})$ ]] && [ "$part" -le 255 ] || return 1
  done
  [ "$1" = "$a.$b.$c.$d" ] || return 1
  echo $(((a << 24) + (b << 16) + (c << 8) + d))
}

check_range() {
  local first last length begin
  case "$range" in
    *:*/*) [[ "$range" =~ ^[0-9a-fA-F:]+/([0-9]|[1-9][0-9]|1[01][0-9]|12[0-8])$ ]] || fail "'$range' is no IPv6 CIDR" 64 ;;
    */*)
      length="${range#*/}"
      begin="$(number_of "${range%/*}")" || fail "'${range%/*}' is no IPv4 address" 64
      [[ "$length" =~ ^([0-9]|[12][0-9]|3[0-2])$ ]] || fail "'/$length' is no length of an IPv4 network" 64
      [ "$length" -ge 16 ] || fail "$range is more than 65,536 addresses; give the part that is yours" 64
      [ $((begin & ((1 << (32 - length)) - 1))) -eq 0 ] || fail "$range does not begin at the start of a network of that length" 64
      ;;
    *-*)
      first="$(number_of "${range%-*}")" || fail "'${range%-*}' is no IPv4 address" 64
      last="$(number_of "${range#*-}")" || fail "'${range#*-}' is no IPv4 address" 64
      [ "$first" -le "$last" ] || fail "$range ends before it begins" 64
      [ $((last - first)) -lt 65536 ] || fail "$range is more than 65,536 addresses; give the part that is yours" 64
      ;;
    *) fail "'$range' is no range: write first-last, or a CIDR" 64 ;;
  esac
}
check_range

command -v kubectl >/dev/null || fail "kubectl is not on the PATH; install it first"
k() { kubectl ${context[@]+"${context[@]}"} "$@"; }
answer="$(k version 2>&1)" || fail "the cluster does not answer (${answer##*$'\n'}); kubectl config get-contexts lists what --context takes"
for crd in ipaddresspools.metallb.io l2advertisements.metallb.io; do
  k get crd "$crd" >/dev/null 2>&1 || fail "the cluster has no $crd; install MetalLB 0.14.9 or later first"
done
system="$(k get deployments --all-namespaces --selector app.kubernetes.io/name=metallb,app.kubernetes.io/component=controller --output 'jsonpath={.items[0].metadata.namespace}' 2>/dev/null || true)"
[ -n "$system" ] || system="$(k get deployments --all-namespaces --selector app=metallb,component=controller --output 'jsonpath={.items[0].metadata.namespace}' 2>/dev/null || true)"
[ -n "$system" ] || fail "MetalLB's CRDs are there but its controller is not; install it, or wait until it runs"

k apply --server-side --field-manager=stoa-metallb ${dry_run[@]+"${dry_run[@]}"} --filename=- <<MANIFEST
apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata:
  name: $name
  namespace: $system
spec:
  addresses: ["$range"]
  # Only for Services that ask for it by name.
  autoAssign: false
---
apiVersion: metallb.io/v1beta1
kind: L2Advertisement
metadata:
  name: $name
  namespace: $system
spec:
  ipAddressPools: [$name]
MANIFEST

if [ ${#dry_run[@]} -gt 0 ]; then
  echo "Nothing was changed. Run it again without --dry-run."
else
  echo "Done. A Service takes an address of it by the annotation metallb.io/address-pool: $name"
fi
