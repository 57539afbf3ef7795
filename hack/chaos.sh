#!/usr/bin/env bash
# chaos.sh RUNS [SEED]: runs that many random sequences with seeds in a row, from a random one if none is given, and then replaces
# the leader of two replicas 20 times. Ends with the line "N runs, N failed" and the seeds that failed.
# OMNISCALE_CHAOS_STEPS sets how long each sequence is, OMNISCALE_CHAOS_CHANGES how often the leader is replaced (0: not at all).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
results=$PWD/artifacts/chaos
export OMNISCALE_CHAOS_RUNS=$1 OMNISCALE_CHAOS_SEED=${2:-$((RANDOM * 1000))}
export OMNISCALE_CHAOS_STEPS=${OMNISCALE_CHAOS_STEPS:-60} OMNISCALE_CHAOS_CHANGES=${OMNISCALE_CHAOS_CHANGES:-20}
hack/controlplane/build.sh --quiet
dotnet build tests/Chaos --nologo --verbosity quiet
mkdir -p "$results"
echo "$OMNISCALE_CHAOS_RUNS runs of $OMNISCALE_CHAOS_STEPS steps, seeds from $OMNISCALE_CHAOS_SEED; what is not summed up here is in ${results#"$PWD"/}"

# run CLASS: leaves its results in CLASS.xml. Whether all passed is read from there.
run() {
  rm -f "$results/$1.xml"
  tests/Chaos/bin/Debug/net10.0/OmniScale.Chaos -noLogo -noColor -class "OmniScale.Chaos.$1" -result-xml "$results/$1.xml" >"$results/$1.log" 2>&1 || true
}

# outcome NAME RESULT: prints the names of the tests in NAME.xml that ended so.
outcome() {
  [ ! -f "$results/$1.xml" ] || grep -o '<test [^>]*>' "$results/$1.xml" | grep "result=\"$2\"" | sed 's/.* name="\([^"]*\)".*/\1/' || true
}

run ChaosTests
passed=$(outcome ChaosTests Pass | wc -l)
failed=$((OMNISCALE_CHAOS_RUNS - passed))
if [ "$failed" != 0 ]; then
  grep -v -E '^[0-9:.]+ (warn|crit|fail):' "$results/ChaosTests.log"
  echo "failed seeds: $(outcome ChaosTests Fail | sed 's/.*seed: \([0-9]*\).*/\1/' | sort -n | xargs)"
fi
awk '{ while (match($0, /[0-9.]+ s  settled/)) { t = substr($0, RSTART) + 0; n++; sum += t; if (t > max) max = t; $0 = substr($0, RSTART + RLENGTH) } }
  END { if (n) printf "a run took %.1f s on average, %.1f s at most\n", sum / n, max }' "$results/ChaosTests.xml" 2>/dev/null || true

if [ "$OMNISCALE_CHAOS_CHANGES" != 0 ]; then
  run LeaderChangeTests
  if [ -n "$(outcome LeaderChangeTests Pass)" ]; then
    grep -o '[0-9]* leader changes, [^:]*:' "$results/LeaderChangeTests.xml" | sed 's/:$//'
  else
    cat "$results/LeaderChangeTests.log"
    echo "the leader changes failed"
    failed=$((failed + 1))
  fi
fi
echo "$OMNISCALE_CHAOS_RUNS runs, $failed failed"
[ "$failed" = 0 ]
