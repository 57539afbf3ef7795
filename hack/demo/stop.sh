#!/usr/bin/env bash
# Ends what `make demo KEEP=1` left running, and removes its data.
set -euo pipefail
# shellcheck source=hack/demo/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
[ -d "$state" ] || { echo "There is no demo to stop."; exit 0; }
stop_all
rm -rf "$state"
echo "The demo is stopped."
