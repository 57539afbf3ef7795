# Shared by the scripts of this folder, which source it: where the control plane's programs and sources are.
# shellcheck shell=bash disable=SC2034

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/omniscale/controlplane
assets=${KUBEBUILDER_ASSETS:-$cache/bin}
[[ $assets = /* ]] || assets=$PWD/$assets

fail() {
  printf '%s\n' "$@" >&2
  exit 1
}

# Ours are $assets/kubectl and $assets/etcd as well; a folder of KUBEBUILDER_ASSETS may lack kubectl.
kubectl_path() {
  if [ -x "$assets/kubectl" ]; then echo "$assets/kubectl"; else command -v kubectl; fi
}
