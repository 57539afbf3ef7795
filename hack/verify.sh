#!/usr/bin/env bash
# Checks that what is generated or derived in the repository is up to date. Changes nothing in it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
wrong=0

# check WHAT REMEDY COMMAND...
check() {
  echo "Checking $1"
  if ! "${@:3}"; then
    echo "$1: not up to date. $2 and commit the result." >&2
    wrong=1
  fi
}

manifests() {
  [ ! -d config/crd ] || cp -R config/crd "$scratch/crd"
  dotnet run --project hack/crdgen -- "$scratch/crd" >"$scratch/log" 2>&1 || { cat "$scratch/log"; return 1; }
  [ ! -d "$scratch/crd" ] || diff -ru config/crd "$scratch/crd"
}

check "lock files" "Run 'dotnet restore --force-evaluate'" dotnet restore OmniScale.sln --locked-mode --verbosity quiet
check "manifests" "Run 'make manifests'" manifests
check "format" "Run 'make fmt'" hack/lint.sh
exit "$wrong"
