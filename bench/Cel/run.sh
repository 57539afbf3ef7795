#!/usr/bin/env bash
# Measures src/Cel and cel-go one after the other on this machine and prints the ratios.
set -euo pipefail
cd "$(dirname "$0")"
verdicts=$(../../hack/celgo/build.sh)
dotnet build -c Release -v q
bench=bin/Release/net10.0/OmniScale.Bench.Cel
results=$(mktemp)
trap 'rm -f "$results"' EXIT
"$bench" selectors | "$verdicts" -bench >"$results"
"$bench" "$results"
