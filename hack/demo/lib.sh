# Shared by demo.sh and stop.sh, which source it. shellcheck shell=bash disable=SC2034
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
state=$root/.demo
controlplane=$root/hack/controlplane/run.sh

# Ends the operator and the lab, then the control plane; says nothing when there is nothing to end.
stop_all() {
  local name pid attempt
  for name in watch operator lab; do
    [ -f "$state/$name.pid" ] || continue
    pid=$(cat "$state/$name.pid")
    kill "$pid" 2>/dev/null || true
    for ((attempt = 0; attempt < 250; attempt++)); do
      kill -0 "$pid" 2>/dev/null || break
      sleep 0.1
    done
    kill -KILL "$pid" 2>/dev/null || true
    rm -f "$state/$name.pid"
  done
  [ ! -d "$state/controlplane" ] || "$controlplane" stop "$state/controlplane" >/dev/null
}
