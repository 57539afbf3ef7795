# Sourced by build.sh: runs long commands and shows how far they are.
# shellcheck shell=bash

log=$cache/build.log
running=
trap '[ -z "$running" ] || kill -- -"$running" 2>/dev/null || true' EXIT
trap 'exit 130' INT TERM HUP

say() { printf '%s\n' "$*"; }
elapsed() { printf '%d:%02d' $(((SECONDS - $1) / 60)) $(((SECONDS - $1) % 60)); }
megabytes() { echo "$((($1 + 500000) / 1000000)) MB"; }
size_of() { du -sb "$@" 2>/dev/null | awk '{ sum += $1 } END { print sum + 0 }'; }

# step LABEL HOW_FAR COMMAND...: runs the command, its output going to the log, and prints what HOW_FAR prints:
# over and over in one line on a terminal, else every ten seconds. What was running ends with this script.
step() {
  local label=$1 how_far=$2 began=$SECONDS shown=$SECONDS
  shift 2
  set -m # a process group of its own, so that all of it can be ended
  "$@" </dev/null >"$log" 2>&1 &
  running=$!
  set +m
  while kill -0 "$running" 2>/dev/null; do
    sleep 0.2
    if [ -t 1 ]; then
      printf '\r\033[K%-12s %s, %s' "$label" "$($how_far)" "$(elapsed "$began")"
    elif ((SECONDS - shown >= 10)); then
      shown=$SECONDS
      printf '%-12s %s, %s\n' "$label" "$($how_far)" "$(elapsed "$began")"
    fi
  done
  [ ! -t 1 ] || printf '\r\033[K'
  local status=0
  wait "$running" || status=$?
  running=
  [ "$status" != 0 ] || printf '%-12s %s, %s\n' "$label" "$($how_far)" "$(elapsed "$began")"
  return "$status"
}

# broken WHAT: ends with the log's last lines, the versions that are not those this was written for, and the way out.
broken() {
  {
    echo
    tail -n 20 "$log"
    echo
    echo "$1 (all of its output: $log)."
    if [ -f "$root/.versions" ]; then
      differing=$(LC_ALL=C join -a 1 "$here/packages.txt" "$root/.versions" | awk '$2 != $3 { printf "  %-50s %-20s %s\n", $1, $2, $3 }')
      if [ -n "$differing" ]; then
        printf 'These packages differ from the versions that hack/controlplane was last built with:\n  %-50s %-20s %s\n%s\n' \
          package expected found "$differing"
      else
        echo "All packages have the versions that hack/controlplane was last built with (hack/controlplane/packages.txt)."
      fi
    fi
    echo
    echo "The way out: set KUBEBUILDER_ASSETS to a folder with kube-apiserver, etcd and kubectl of any Kubernetes from 1.30 on,"
    echo "for example the one that setup-envtest prints. Nothing is built then."
  } >&2
  exit 1
}
