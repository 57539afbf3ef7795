#!/usr/bin/env bash
# Compares src/Cel with the real cel-go on N made-up selectors (default 10000). Usage: diff.sh [N [SEED]]
set -euo pipefail
cd "$(dirname "$0")"
OMNISCALE_CELGO=$(./build.sh)
export OMNISCALE_CELGO OMNISCALE_CELGO_COUNT=${1:-10000} OMNISCALE_CELGO_SEED=${2:-1}
cd ../..
dotnet build tests/Cel.Tests -c Release -v q
exec tests/Cel.Tests/bin/Release/net10.0/OmniScale.Cel.Tests -class OmniScale.Cel.Tests.DifferentialTests -showLiveOutput
