#!/usr/bin/env bash
# Builds the program that says what the real cel-go makes of a selector. Prints its path.
set -euo pipefail
cd "$(dirname "$0")"
. ./env.sh
mkdir -p "$celgo/bin"
go build -o "$celgo/bin/verdicts" verdicts/main.go
echo "$celgo/bin/verdicts"
