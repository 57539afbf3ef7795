#!/usr/bin/env bash
# Shows OmniScale at work on this machine: a real Kubernetes API server, a simulated Omni and Proxmox, and the operator.
# With KEEP=1 everything goes on running when the cluster is ready; `make demo-stop` ends it.
set -euo pipefail
# shellcheck source=hack/demo/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$root"
namespace=omni-scale
cluster=talos-prod-01
keep=${KEEP:-}

say() { printf '\n\033[1m== %s\033[0m\n' "$*"; }
show() { printf '\033[2m$ %s\033[0m\n' "$*"; "$@"; }
fail() {
  printf '\n%s\n' "$*" >&2
  [ ! -f "$state/operator.log" ] || { echo "The operator's last words ($state/operator.log):" >&2; tail -n 15 "$state/operator.log" >&2; }
  exit 1
}

stop_all
rm -rf "$state"
mkdir -p "$state"
# The compiler's server would stay for some minutes.
end_build() { dotnet build-server shutdown --vbcscompiler >/dev/null 2>&1 || true; }
trap 'end_build; stop_all' EXIT
trap 'exit 130' INT TERM HUP
began=$SECONDS

say "Providing etcd, kube-apiserver and kubectl (about three minutes the first time)"
hack/controlplane/build.sh
PATH=${KUBEBUILDER_ASSETS:-${XDG_CACHE_HOME:-$HOME/.cache}/omniscale/controlplane/bin}:$PATH

say "Building the operator and the lab"
dotnet build src/Operator --nologo -v quiet
dotnet build src/Lab --nologo -v quiet
end_build
trap 'stop_all' EXIT

# launch NAME PROGRAM ARGUMENT...: in a session of its own, so that Ctrl-C reaches this script alone, which then ends all in order.
launch() {
  local name=$1
  shift
  setsid "$@" </dev/null >"$state/$name.log" 2>&1 &
  echo $! >"$state/$name.pid"
}

say "Starting Kubernetes, the simulated Omni and Proxmox, and the operator"
"$controlplane" start "$state/controlplane"
export KUBECONFIG=$state/controlplane/kubeconfig
"$controlplane" user "$state/controlplane" system:serviceaccount:omniscale-system:omniscale-operator \
  system:serviceaccounts system:serviceaccounts:omniscale-system system:authenticated >"$state/operator.kubeconfig"
launch lab src/Lab/bin/Debug/net10.0/omniscale-lab serve --tls --state-dir "$state/lab" --speed "${SPEED:-20}"
for ((i = 0; i < 300; i++)); do [ -f "$state/lab/lab.json" ] && break; sleep 0.1; done
[ -f "$state/lab/lab.json" ] || { cat "$state/lab.log" >&2; fail "The lab did not start."; }

show kubectl apply --server-side -k config/crd
show kubectl apply -k config/default
launch operator src/Operator/bin/Debug/net10.0/omniscale-operator --kubeconfig "$state/operator.kubeconfig" --health-address http://127.0.0.1:0

say "Applying the samples: a connection to Omni, a Proxmox provider, four machine classes, a cluster"
# The samples with the lab's addresses and secrets in place of the placeholders.
value() { sed -n "s/^ *\"$1\": *\"\(.*\)\",\{0,1\}\$/\1/p" "$state/lab/lab.json"; }
mkdir "$state/samples"
cat >"$state/samples/kustomization.yaml" <<YAML
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [../../config/samples]
patches:
  - patch: |
      apiVersion: v1
      kind: Secret
      metadata: {name: omni, namespace: $namespace}
      stringData:
        endpoint: $(value omniEndpoint)
        serviceAccountKey: $(cat "$state/lab/omni.key")
        ca.crt: |
$(sed 's/^/          /' "$state/lab/omni-ca.pem" 2>/dev/null)
  - patch: |
      apiVersion: omniscale.dev/v1alpha1
      kind: ProxmoxProvider
      metadata: {name: matrix-cluster, namespace: $namespace}
      spec:
        checkInterval: 10s
        proxmox: {url: "$(value proxmoxUrl)", fingerprints: ["$(value proxmoxFingerprint)"]}
YAML
show kubectl apply -k "$state/samples"
show kubectl apply -k machine-classes

columns='PHASE:.status.phase,READY:.status.conditions[?(@.type=="Ready")].status,CONTROL PLANE:.status.controlPlaneReady,WORKERS:.status.workersReady,WHY:.status.conditions[?(@.type=="Ready")].message'

# follow SECONDS CONDITION...: shows the cluster as it changes until kubectl wait is content.
follow() {
  local limit=$1 status=0
  shift
  setsid kubectl get taloscluster "$cluster" -n "$namespace" -w -o custom-columns="$columns" </dev/null 2>/dev/null &
  echo $! >"$state/watch.pid"
  kubectl wait taloscluster "$cluster" -n "$namespace" --timeout "${limit}s" "$@" >/dev/null || status=$?
  kill "$(cat "$state/watch.pid")" 2>/dev/null || true
  rm -f "$state/watch.pid"
  return $status
}
message() { kubectl get "$1" "$2" -n "$namespace" -o jsonpath="{.status.conditions[?(@.type==\"$3\")].$4}"; }

say "Omni builds the cluster: three control-plane machines and a worker"
follow 120 --for=condition=Ready || fail "The cluster is not ready: $(message taloscluster $cluster Ready message)"
ready=$((SECONDS - began))
show kubectl get pxp,mclass,tc -n $namespace

if [ -n "$keep" ]; then
  trap - EXIT
  say "Ready. Everything goes on running; look around with:"
  echo "export KUBECONFIG=$KUBECONFIG PATH=${PATH%%:*}:$root/src/Lab/bin/Debug/net10.0:\$PATH OMNISCALE_LAB=$state/lab"
  echo "kubectl get pxp,mclass,tc -n $namespace"
  echo "omniscale-lab --help          # break something: omniscale-lab machines; omniscale-lab machine unhealthy ID"
  echo "make demo-stop                # ends it"
  exit 0
fi

# refuse NAME CONDITION FIELD...: a class that cannot work, and what its user reads.
refuse() {
  local name=$1 condition=$2
  shift 2
  kubectl get machineclass matrix-worker-golf -n $namespace -o json |
    kubectl patch --local -f - --type merge -o yaml -p "{\"metadata\": {\"name\": \"$name\", \"annotations\": null, \"finalizers\": null, \"resourceVersion\": null, \"uid\": null}, \"status\": null, \"spec\": $1}" |
    kubectl create -f - >/dev/null
  kubectl wait machineclass "$name" -n $namespace --for="condition=$condition=False" --timeout 30s >/dev/null || fail "Nothing was said of class $name."
  show kubectl get machineclass "$name" -n $namespace
  printf "%s=False  reason: %s\n%s\n" "$condition" "$(message machineclass "$name" "$condition" reason)" "$(message machineclass "$name" "$condition" message)"
}

say "A class that Omni refuses: diskCache is no cache mode that the provider knows"
refuse wrong-cache Synced '{"diskCache": "turbo"}'

say "A class with the classic mistake: a storage selector that can never compile, which Omni itself does not notice"
refuse wrong-selector StorageSelectorValid '{"storageSelector": "type == \"rbd\""}'

say "Scaling the worker set from one machine to two"
show kubectl patch taloscluster $cluster -n $namespace --type json -p '[{"op": "replace", "path": "/spec/workers/0/machineClass/size", "value": 2}]'
follow 60 --for='jsonpath={.status.workersReady}=2/2' || fail "The worker set did not grow."
follow 60 --for=condition=Ready || fail "The cluster is not ready again."

say "Deleting the cluster, which takes a decision: deletionPolicy is Orphan unless it is changed"
show kubectl patch taloscluster $cluster -n $namespace --type merge -p '{"spec": {"deletionPolicy": "Delete"}}'
show kubectl delete taloscluster $cluster -n $namespace --wait=false
follow 90 --for=delete || fail "The cluster was not deleted."
left=$(src/Lab/bin/Debug/net10.0/omniscale-lab --state-dir "$state/lab" resources Clusters 2>/dev/null | grep -c "$cluster" || true)
[ "$left" = 0 ] || fail "Omni still holds the cluster."

say "Done in $((SECONDS - began)) s: applied, ready after $ready s, explained, scaled, deleted. Try make demo KEEP=1 to look around."
