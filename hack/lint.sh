#!/usr/bin/env bash
# Reports what is not formatted or suspicious in C#, Go and shell; `lint.sh --fix` formats it.
# Go is checked when the control plane was built here (its compiler is in the cache), shell when shellcheck is installed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
gofmt=$(compgen -G "${XDG_CACHE_HOME:-$HOME/.cache}/omniscale/controlplane/root/usr/lib/go-*/bin/gofmt" | tail -n 1 || true)
wrong=0

if [ "${1:-}" = --fix ]; then
  dotnet format OmniScale.sln
  [ -z "$gofmt" ] || "$gofmt" -w hack/controlplane/server
  exit
fi

dotnet format OmniScale.sln --verify-no-changes || wrong=1
if [ -n "$gofmt" ] && unformatted=$("$gofmt" -l hack/controlplane/server) && [ -n "$unformatted" ]; then
  echo "gofmt would change: $unformatted" >&2
  wrong=1
fi
mapfile -t scripts < <(find hack .ci -type f -exec grep -lE '^#!.*\b(ba)?sh$' {} +)
if command -v shellcheck >/dev/null; then
  shellcheck --external-sources --severity=warning "${scripts[@]}" || wrong=1
else
  for script in "${scripts[@]}"; do bash -n "$script" || wrong=1; done
fi
exit "$wrong"
