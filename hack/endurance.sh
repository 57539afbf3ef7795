#!/usr/bin/env bash
# endurance.sh ROUNDS: in each round ten watches expire and a Secret is rotated, each tenth of which is the renewal of a service account's key.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
hack/controlplane/build.sh --quiet
dotnet build tests/Endurance --nologo --verbosity quiet
export OMNISCALE_ENDURANCE_ROUNDS=$1
exec tests/Endurance/bin/Debug/net10.0/OmniScale.Endurance -noLogo -noColor -showLiveOutput
