#!/usr/bin/env bash
# Runs etcd and an API server on this machine. All that belongs to them is in the folder DIR, which can be deleted after `stop`.
#
#   run.sh start DIR                   starts both and waits until they are ready; the administrator's file is DIR/kubeconfig
#   run.sh stop DIR                    ends both; the data stays
#   run.sh user DIR NAME [GROUP...]    prints a kubeconfig for another user (who may do nothing but what RBAC grants);
#                                      a new one needs a restart of the API server, which this does
#   run.sh etcd DIR                    runs etcd alone, in the foreground; it writes DIR/etcd.log
#   run.sh apiserver DIR PORT          runs the API server alone, in the foreground; it writes DIR/apiserver.log
set -euo pipefail
# shellcheck source=hack/controlplane/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

usage() {
  sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}" >&2
  exit 2
}
[ $# -ge 2 ] || usage
command=$1
umask 077
mkdir -p "$2"
dir=$(cd "$2" && pwd -P)
shift 2
cd "$dir"

# etcd listens on sockets in the folder, so it needs no port, and nobody else reaches it. The addresses it announces are never used.
exec_etcd() {
  exec "$assets/etcd" --data-dir=etcd --unsafe-no-fsync --log-level=warn \
    --listen-client-urls=unix://etcd.sock --advertise-client-urls=http://localhost:2379 \
    --listen-peer-urls=unix://peer.sock --initial-advertise-peer-urls=http://localhost:2380 \
    --initial-cluster=default=http://localhost:2380 >>etcd.log 2>&1
}

# What a real kube-apiserver needs; the one that build.sh makes takes the same flags.
exec_apiserver() {
  local client_ca=()
  [ ! -f client-ca.crt ] || client_ca=(--client-ca-file=client-ca.crt)
  # Only a real one reads it.
  [ -f service-account.key ] || openssl ecparam -name prime256v1 -genkey -noout -out service-account.key 2>/dev/null || true
  exec "$assets/kube-apiserver" --etcd-servers=unix://etcd.sock --secure-port="$1" --cert-dir=certs \
    --bind-address=127.0.0.1 --advertise-address=127.0.0.1 --service-cluster-ip-range=10.96.0.0/16 --allow-privileged=true \
    --token-auth-file=tokens.csv "${client_ca[@]}" --authorization-mode=RBAC --disable-admission-plugins=ServiceAccount \
    --service-account-issuer=https://kubernetes.default.svc \
    --service-account-key-file=service-account.key --service-account-signing-key-file=service-account.key >>apiserver.log 2>&1
}

# A process id that was left behind may be another program's by now: ours works in the folder.
running() { [ -f "$1.pid" ] && [ "$(readlink "/proc/$(cat "$1.pid")/cwd")" = "$dir" ]; }

# launch NAME ARGUMENT...: runs etcd or apiserver in a session of its own, so that a key press in the caller's terminal does not end it.
launch() {
  setsid "$BASH" "$here/run.sh" "$@" </dev/null >/dev/null 2>&1 &
  echo $! >"$1.pid"
}

# end SIGNAL NAME...: waits until they are gone.
end() {
  local signal=$1 name attempt
  shift
  for name in "$@"; do
    if running "$name"; then kill -"$signal" "$(cat "$name.pid")" 2>/dev/null || true; fi
  done
  for name in "$@"; do
    for ((attempt = 0; attempt < 100; attempt++)); do
      running "$name" || break
      sleep 0.1
    done
    if running "$name"; then kill -KILL "$(cat "$name.pid")" 2>/dev/null || true; fi
    rm -f "$name.pid"
  done
}

# register NAME [GROUP...]: gives the user a token, unless there is one.
register() {
  local name=$1 token
  shift
  if ! grep -q "^[^,]*,$name," tokens.csv 2>/dev/null; then
    token=$(cat /proc/sys/kernel/random/uuid)
    (IFS=, && echo "$token,$name,$name,\"$*\"") >>tokens.csv
  fi
}

write_kubeconfig() {
  cat <<YAML
apiVersion: v1
kind: Config
clusters:
- name: omniscale
  cluster:
    server: https://127.0.0.1:$(cat port)
    certificate-authority-data: $(base64 -w 0 certs/apiserver.crt)
users:
- name: "$1"
  user:
    token: $(grep "^[^,]*,$1," tokens.csv | cut -d , -f 1)
contexts:
- name: omniscale
  context:
    cluster: omniscale
    user: "$1"
    namespace: default
current-context: omniscale
YAML
}

start_apiserver() {
  local kubectl
  kubectl=$(kubectl_path) || fail "There is no kubectl, neither in $assets nor in PATH."
  : >apiserver.log
  launch apiserver "$dir" "$(cat port)"
  while running apiserver; do
    if [ -f certs/apiserver.crt ] && write_kubeconfig admin >kubeconfig &&
      "$kubectl" --kubeconfig kubeconfig --request-timeout 2s get --raw /readyz >/dev/null 2>&1; then
      return 0
    fi
    sleep 0.1
  done
  return 1
}

start() {
  if running etcd && running apiserver; then
    echo "The control plane is running already: $dir/kubeconfig"
    return
  fi
  [ -x "$assets/kube-apiserver" ] || fail "There is no kube-apiserver in $assets: run 'make controlplane'."
  trap 'end KILL apiserver etcd' EXIT
  trap 'exit 130' INT TERM HUP
  end KILL apiserver etcd
  register admin system:masters
  launch etcd "$dir"
  # A port below those that the system gives to connections; if it is taken, another.
  local attempt
  for ((attempt = 0; attempt < 5; attempt++)); do
    [ -f port ] || echo $((20000 + RANDOM % 12000)) >port
    if start_apiserver; then
      trap - EXIT
      echo "The control plane is ready: $dir/kubeconfig"
      return
    fi
    grep -q "address already in use" apiserver.log || break
    rm port
  done
  tail -n 5 etcd.log apiserver.log >&2
  fail "The control plane did not start; its logs are in $dir."
}

user() {
  local before
  before=$(wc -l <tokens.csv)
  register "$@"
  if running apiserver && [ "$(wc -l <tokens.csv)" != "$before" ]; then
    end KILL apiserver
    start_apiserver || fail "The API server did not start again; its log is $dir/apiserver.log."
  fi
  write_kubeconfig "$1"
}

case $command in
  etcd) exec_etcd ;;
  apiserver) [ $# = 1 ] || usage && exec_apiserver "$1" ;;
  start) start ;;
  stop) end TERM apiserver etcd ;;
  user) [ $# -ge 1 ] || usage && user "$@" ;;
  *) usage ;;
esac
