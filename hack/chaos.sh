#!/usr/bin/env bash
# chaos.sh RUNS [SEED]: runs the chaos test with that many seeds in a row, from a random one if none is given.
# OMNISCALE_CHAOS_STEPS sets how long each sequence is.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
hack/controlplane/build.sh --quiet
dotnet build tests/Chaos --nologo --verbosity quiet
if [ -n "${2-}" ]; then
  export OMNISCALE_CHAOS_SEED=$2 OMNISCALE_CHAOS_RUNS=${RUNS:-1}
else
  export OMNISCALE_CHAOS_SEED=$((RANDOM * 1000)) OMNISCALE_CHAOS_RUNS=$1
fi
export OMNISCALE_CHAOS_STEPS=${OMNISCALE_CHAOS_STEPS:-60}
echo "seeds from $OMNISCALE_CHAOS_SEED, $OMNISCALE_CHAOS_RUNS runs of $OMNISCALE_CHAOS_STEPS steps"
exec tests/Chaos/bin/Debug/net10.0/OmniScale.Chaos -noLogo -noColor
