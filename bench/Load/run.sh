#!/usr/bin/env bash
# Measures the operator under load against a control plane of its own and a simulated Omni. Arguments go to the driver, such as --clusters 50.
set -euo pipefail
cd "$(dirname "$0")"
root=$(cd ../.. && pwd)
controlplane=$root/hack/controlplane/run.sh
"$root/hack/controlplane/build.sh" --quiet
PATH=${KUBEBUILDER_ASSETS:-${XDG_CACHE_HOME:-$HOME/.cache}/omniscale/controlplane/bin}:$PATH
dotnet build ../../src/Operator -c Release --nologo -v quiet >&2
dotnet build -c Release --nologo -v quiet >&2

state=$(mktemp -d)
finish() {
  local status=$?
  "$controlplane" stop "$state/controlplane" >/dev/null 2>&1 || true
  if [ $status != 0 ] && [ -f "$state/operator.log" ]; then tail -n 15 "$state/operator.log" >&2; fi
  if [ -z "${KEEP:-}" ]; then rm -rf "$state"; else echo "Kept: $state" >&2; fi
}
trap finish EXIT
trap 'exit 130' INT TERM HUP

"$controlplane" start "$state/controlplane" >&2
"$controlplane" user "$state/controlplane" system:serviceaccount:omniscale-system:omniscale-operator \
  system:serviceaccounts system:serviceaccounts:omniscale-system system:authenticated >"$state/operator.kubeconfig"
export KUBECONFIG=$state/controlplane/kubeconfig
{
  kubectl apply --server-side -k "$root/config/crd"
  kubectl apply -k "$root/config/default"
  kubectl wait crd --all --for=condition=Established --timeout=30s
} >/dev/null
# Established comes a moment before the storage is there.
until kubectl get talosclusters -A >/dev/null 2>&1; do sleep 0.1; done
bin/Release/net10.0/OmniScale.Bench --kubeconfig "$KUBECONFIG" --operator-kubeconfig "$state/operator.kubeconfig" \
  --operator "$root/src/Operator/bin/Release/net10.0/omniscale-operator" --folder "$state" "$@"
