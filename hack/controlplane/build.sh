#!/usr/bin/env bash
# Provides etcd, kube-apiserver and kubectl: those of KUBEBUILDER_ASSETS if it is set, else builds them in the cache.
# Usage: build.sh [--quiet | --refresh]
#   --quiet      says nothing when there is nothing to do
#   --refresh    fetches the packages again, in their newest versions
set -euo pipefail
# shellcheck source=hack/controlplane/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

if [ -n "${KUBEBUILDER_ASSETS:-}" ]; then
  for program in kube-apiserver etcd; do
    [ -x "$assets/$program" ] || fail "KUBEBUILDER_ASSETS is $assets, but there is no program $program in it."
  done
  [ "${1:-}" = --quiet ] || echo "Using kube-apiserver and etcd of KUBEBUILDER_ASSETS ($assets)."
  exit 0
fi

root=$cache/root
packages_stamp() { sha256sum <"$here/packages.txt" | cut -c 1-16; }
# What was built is kept under a key of what it was built from: the sources, the recipe, the packages' versions.
build_key() { cat "$here"/server/*.go "$here/compile.sh" "$root/.versions" | sha256sum | cut -c 1-16; }
fetched() { [ "$(cat "$root/.stamp" 2>/dev/null)" = "$(packages_stamp)" ]; }
built() { [ -x "$cache/builds/$(build_key)/kube-apiserver" ]; }
current() { [ "$(readlink "$cache/bin/kube-apiserver")" = "../builds/$(build_key)/kube-apiserver" ] && [ -x "$cache/bin/kube-apiserver" ]; }

if [ "${1:-}" != --refresh ] && fetched && current; then
  [ "${1:-}" = --quiet ] || echo "The control plane is up to date ($cache/bin)."
  exit 0
fi

# shellcheck source=hack/controlplane/progress.sh
. "$here/progress.sh"
mkdir -p "$cache"
cd "$cache" # the caller may be in a folder that others cannot enter
exec 9>"$cache/.lock"
flock --nonblock 9 || { say "Waiting for another build of the control plane to end."; flock 9; }

[ "${1:-}" != --refresh ] || rm -f "$root/.stamp"
# shellcheck source=hack/controlplane/fetch.sh
. "$here/fetch.sh"
# shellcheck source=hack/controlplane/compile.sh
. "$here/compile.sh"
fetched || fetch
built || compile "$cache/builds/$(build_key)"

mkdir -p "$cache/bin"
ln -sfn ../root/usr/bin/etcd "$cache/bin/etcd"
ln -sfn ../root/usr/bin/kubectl "$cache/bin/kubectl"
ln -sfn "../builds/$(build_key)/kube-apiserver" "$cache/bin/.next"
mv -T "$cache/bin/.next" "$cache/bin/kube-apiserver"
# The newest builds are kept, for going back and forth between branches.
find "$cache/builds" -mindepth 1 -maxdepth 1 -printf '%T@ %p\n' | sort -rn | tail -n +7 | cut -d ' ' -f 2- | xargs -r -d '\n' rm -rf
say "The control plane is ready: $cache/bin"
